"""The place of a row's record: its layout, and in Pipelines its sub-pipeline and stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.metadata.layouts import LAYOUT, PIPELINE, STAGE, SUB_PIPELINE, Layout
from bigin_frames.sandbox.verdicts.findings import Column, Findings
from bigin_frames.sandbox.verdicts.known import Known

PLACE = (PIPELINE, SUB_PIPELINE, STAGE)


class Placing:
    """The check of the places of one job's rows, each after its cells were checked one by one.

    `layouts` are those of the module, the default one first; `known` has the places of the stored records.
    """

    def __init__(
        self, layouts: Mapping[str, Layout], columns: Sequence[Column], known: Known, behaviour: Behaviour
    ) -> None:
        self._layouts = layouts
        self._columns = {column.field.api_name: column for column in columns}
        self._known = known
        self._behaviour = behaviour

    def __call__(self, row: Sequence[str], target: str | None, found: Findings) -> None:
        """Blame what does not fit its layout, and set the record's Pipeline to the layout that it is in."""
        unread = any(self._unread(name, row, found) for name in (*PLACE, LAYOUT))
        chosen = found.cells.pop(LAYOUT, None)
        if unread:
            return
        if target is None or chosen is not None or any(name in found.cells for name in PLACE):
            layout = self._layout(chosen, target, found)
            if layout is not None and layout.stages:
                self._check_place(layout, target, found)
        else:
            layout = self._layouts.get(self._known.text(PIPELINE, target) or "")
        if layout is not None and self._behaviour.layout_required == "enforced":
            self._check_required(layout, row, target, found)

    def _layout(self, chosen: str | None, target: str | None, found: Findings) -> Layout | None:
        """Return the layout that a row is in: its Pipeline cell's, the job's, its record's, or by its sub-pipeline."""
        if PIPELINE in found.cells:
            named = found.cells[PIPELINE] or chosen
        else:
            named = chosen or self._known.text(PIPELINE, target)
        return self._layouts.get(named or "") or self._offering(self._now(SUB_PIPELINE, target, found), found)

    def _offering(self, sub_pipeline: str | None, found: Findings) -> Layout | None:
        default = next(iter(self._layouts.values()))
        how = self._behaviour.pipeline_unnamed
        if how == "default layout":
            return default
        if sub_pipeline is None:
            return None
        offering = [layout for layout in self._layouts.values() if sub_pipeline in layout.stages]
        if len(offering) == 1 or (offering and how == "first that offers it"):
            return offering[0]
        if not offering and self._behaviour.sub_pipeline_elsewhere == "taken":
            return default
        self._blame("INVALID_DATA", SUB_PIPELINE, found)
        return None

    def _check_place(self, layout: Layout, target: str | None, found: Findings) -> None:
        sub_pipeline, stage = self._now(SUB_PIPELINE, target, found), self._now(STAGE, target, found)
        stages = layout.stages.get(sub_pipeline or "")
        if sub_pipeline is not None and stages is None and self._behaviour.sub_pipeline_elsewhere == "refused":
            self._blame("INVALID_DATA", SUB_PIPELINE, found)
        elif stages and stage is not None and stage not in stages and self._behaviour.stage_elsewhere == "refused":
            self._blame("INVALID_DATA", STAGE, found)
        found.cells[PIPELINE] = layout.id

    def _check_required(self, layout: Layout, row: Sequence[str], target: str | None, found: Findings) -> None:
        for name in layout.required:
            written = found.cells.get(name) is not None or self._unread(name, row, found)
            if not written and (target is None or name in found.cells):
                self._blame("MANDATORY_NOT_FOUND", name, found)

    def _now(self, name: str, target: str | None, found: Findings) -> str | None:
        """Return what the record would have: the row's value, or the stored one where the row has none."""
        return found.cells[name] if name in found.cells else self._known.text(name, target)

    def _unread(self, name: str, row: Sequence[str], found: Findings) -> bool:
        """Return whether a filled cell was refused already."""
        column = self._columns.get(name)
        return column is not None and name not in found.cells and bool(column.text(row))

    def _blame(self, code: str, name: str, found: Findings) -> None:
        label = self._columns[name].name if name in self._columns else name
        if label not in found.errors.get(code, ()):
            found.blame(code, label)
