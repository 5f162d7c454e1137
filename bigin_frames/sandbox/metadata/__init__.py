"""What an organisation consists of: modules, fields and layouts, as the settings calls describe them.

- `modules`: the modules, and those whose records are kept
- `fields`: `Field`, the definition of a field
- `layouts`: `Layout`, which is a team pipeline in Pipelines
- `standard`: the standard fields and team pipelines of a new organisation
"""
