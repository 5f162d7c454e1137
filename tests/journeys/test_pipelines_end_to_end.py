"""Deals are written to the pipeline that their rows name; what Bigin would refuse for its pipeline is never sent."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.sandbox import Sandbox

GUIDE = Path(__file__).parents[2] / "docs" / "deals.md"


@pytest.fixture
def partners(bigin_sandbox: Sandbox) -> str:
    """The id of a third team pipeline, which requires an amount and shares a sub-pipeline's name with another."""
    stages = {"Referrals": ["Referred", "Closed Won"], "Renewals": ["Asked", "Closed Won"]}
    return str(bigin_sandbox.add_team_pipeline("Partners", stages, required=["Amount"]))


@pytest.fixture
def teams(partners: str, bigin_sandbox: Sandbox) -> dict[str, bf.Layout]:
    return {team.name: team for team in bigin_sandbox.client().layouts("Pipelines")}


def deals(**columns: list[object]) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    return pd.DataFrame({"Deal_Name": [f"Deal {i}" for i in range(size)], **columns})


def test_client_lists_the_team_pipelines(teams: dict[str, bf.Layout], partners: str) -> None:
    team = teams["Partners"]

    assert (team.id, team.active) == (partners, True)
    assert set(team.required) == {"Deal_Name", "Sub_Pipeline", "Stage", "Amount"}
    assert set(team.sub_pipelines) == {
        bf.SubPipeline("Referrals", ("Referred", "Closed Won")),
        bf.SubPipeline("Renewals", ("Asked", "Closed Won")),
    }


def test_deals_are_written_to_the_pipelines_they_name(
    teams: dict[str, bf.Layout], bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    frame = deals(
        Pipeline=[teams["Sales Pipeline"].id, teams["Partners"].id, teams["Partners"].id],
        Sub_Pipeline=["Renewals", "Renewals", "Referrals"],
        Stage=["Negotiation", "Asked", "Referred"],
        Amount=[None, 10, 20],
    )
    out = frame.bigin.insert("Pipelines", client=bigin_client)

    assert out["Status"].tolist() == ["ADDED"] * 3
    stored = bigin_client.records("Pipelines", out["ID"].tolist(), ["Pipeline", "Stage"])
    assert stored["Pipeline"].tolist() == frame["Pipeline"].tolist()
    assert stored["Stage"].tolist() == frame["Stage"].tolist()


def test_deals_that_do_not_fit_their_pipeline_are_never_sent(
    teams: dict[str, bf.Layout], partners: str, bigin_sandbox: Sandbox
) -> None:
    frame = deals(
        Pipeline=[partners, partners, partners, "7", partners],
        Sub_Pipeline=["Onboarding Standard", "Renewals", "Renewals", "Renewals", "Referrals"],
        Stage=["Live", "Negotiation", "Asked", "Asked", "Referred"],
        Amount=[1, 1, None, 1, 1],
    )
    out = frame.bigin.insert("Pipelines", client=bigin_sandbox.client(), on_invalid="skip", on_error="ignore")

    assert out["Status"].tolist() == ["INVALID"] * 4 + ["ADDED"]
    assert out["Error"].tolist()[:4] == [
        "INVALID_DATA-Stage,Sub_Pipeline",
        "INVALID_DATA-Stage",
        "MANDATORY_NOT_FOUND-Amount",
        "INVALID_DATA-Pipeline",
    ]
    assert len(bigin_sandbox.records("Pipelines")) == 1


def test_only_what_bigin_would_refuse_is_refused_here(
    teams: dict[str, bf.Layout], bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    subs = sorted({sub.name for team in teams.values() for sub in team.sub_pipelines})
    stages = ["Negotiation", "Offer", "Asked", "Closed Won", "Live"]
    cells = itertools.product([team.id for team in teams.values()], subs, stages, [None, "5"], [None, "2026-11-24"])
    frame = pd.DataFrame(cells, columns=["Pipeline", "Sub_Pipeline", "Stage", "Amount", "Closing_Date"], dtype="object")
    frame["Deal_Name"] = [f"Deal {row}" for row in range(len(frame))]
    report = frame.bigin.check("Pipelines", client=bigin_client)
    fields_alone = bf.Metadata(bigin_client.org(), {"Pipelines": bigin_client.fields("Pipelines")})
    with pytest.warns(bf.BiginWarning, match="not against their pipeline"):
        out = frame.bigin.insert("Pipelines", client=bigin_client, metadata=fields_alone, on_error="ignore")

    assert ((out["Status"] != "ADDED") == report.mask).all()
    assert 0 < report.mask.sum() < len(frame)


def test_deal_moves_to_a_stage_of_its_own_pipeline_only(
    teams: dict[str, bf.Layout], partners: str, bigin_client: bf.Client
) -> None:
    made = deals(Pipeline=[partners], Sub_Pipeline=["Referrals"], Stage=["Referred"], Amount=[1])
    made = made.bigin.insert("Pipelines", client=bigin_client)
    moved = pd.DataFrame({"id": made["ID"], "Pipeline": [partners], "Stage": ["Closed Won"]})

    assert moved.bigin.update("Pipelines", find_by="id", client=bigin_client)["Status"].tolist() == ["UPDATED"]
    with pytest.raises(bf.InvalidRowsError, match="is not a stage of the pipeline in its row"):
        moved.assign(Stage="Live").bigin.update("Pipelines", find_by="id", client=bigin_client)


def test_layouts_are_requested_only_where_they_matter(bigin_sandbox: Sandbox) -> None:
    client = bigin_sandbox.client()
    pd.DataFrame({"Last_Name": ["Ada"]}).bigin.check("Contacts", client=client)
    pd.DataFrame({"id": ["1"], "Amount": [5]}).bigin.check("Pipelines", "update", find_by="id", client=client)
    assert not [request for request in bigin_sandbox.requests if request.route == "layouts"]

    for _ in range(2):
        deals(Sub_Pipeline=["Renewals"], Stage=["Offer"]).bigin.check("Pipelines", client=client)
    assert len([request for request in bigin_sandbox.requests if request.route == "layouts"]) == 1


def test_token_that_may_not_see_layouts_writes_after_a_warning(bigin_sandbox: Sandbox, tmp_path: Path) -> None:
    others = [scope for scope in bigin_sandbox.scopes if ".settings." not in scope]
    bigin_sandbox.scopes = (*others, "ZohoBigin.settings.fields.ALL", "ZohoBigin.settings.modules.ALL")
    client = bigin_sandbox.client()
    frame = deals(Sub_Pipeline=["Renewals"], Stage=["Negotiation"])

    with pytest.warns(bf.BiginWarning, match=r"OAUTH_SCOPE_MISMATCH.*ZohoBigin\.settings\.layouts\.READ"):
        out = frame.bigin.insert("Pipelines", client=client)
    assert out["Status"].tolist() == ["ADDED"]
    with pytest.warns(bf.BiginWarning, match=r"ZohoBigin\.settings\.layouts\.READ"):
        saved = bf.save_metadata(tmp_path / "deals.json", client)
    assert saved.module_layouts == {}


def test_guide_shows_what_happens(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = re.findall(r"```(?:python|text)\n(.*?)```", GUIDE.read_text("utf-8"), re.S)
    exec(compile(code, str(GUIDE), "exec"), {"__name__": "guide"})  # noqa: S102 - our own example

    assert capsys.readouterr().out.split() == said.split()
