"""A partnership as a ladder: 接触 → 签约 → 上线 → 扩大 → 终止, read from relation, status and the words of the evidence."""

from kg.model import Event, Fact

RUNGS = ("接触", "签约", "上线", "扩大", "终止")
PARTNERSHIPS = ("PARTNERS_WITH", "CONNECTS_TO", "JOINS", "SUPPLIES")

# Words of the evidence that tell a rung whatever relation they state, the later rung first: 双方扩大合作，签署新协议 is 扩大.
_WORDS = (
    (
        "扩大",
        (
            "扩大",
            "深化",
            "升级合作",
            "进一步合作",
            "全面合作",
            "拓展合作",
            "续约",
            "续签",
            "再度合作",
            "加码",
            "全面打通",
            "全面开放",
        ),
    ),
    (
        "上线",
        ("上线", "推出", "开通", "接入", "打通", "入驻", "落地", "发布", "正式启动", "跳转", "开放", "开店", "运行"),
    ),
    ("签约", ("签约", "签署", "签订", "达成", "协议", "战略合作", "联手", "携手", "宣布合作", "授权")),
    ("接触", ("接触", "洽谈", "磋商", "商谈", "谈判", "沟通", "有意", "意向", "探讨", "测试")),
)


def find_rung(fact: Fact, event: Event) -> str | None:
    """The rung that an event of a partnership stands on; None for a denial and for relations that are no partnership.

    An end is 终止. A rumour or plan is 接触 unless its words say that a contract is signed. What holds is told by its words,
    and where they tell nothing by the relation: links and shops are 上线, cooperation is 签约.
    """
    if fact.relation not in PARTNERSHIPS or event.status == "denied":
        return None
    if event.status == "ended":
        return "终止"
    text = "".join(c.text for c in event.citations)
    told = next((rung for rung, words in _WORDS if any(word in text for word in words)), None)
    if event.status in ("planned", "rumored"):
        return "签约" if told == "签约" and event.status == "planned" else "接触"
    if told and told != "接触":
        return told
    return "签约" if fact.relation in ("PARTNERS_WITH", "SUPPLIES") else "上线"


def climb(fact: Fact) -> list[tuple[str, str]]:
    """(day, rung) of each event that moves a partnership to another rung, in time order; day is "" where none is known."""
    steps: list[tuple[str, str]] = []
    for event in fact.history:
        rung = find_rung(fact, event)
        if rung and (not steps or steps[-1][1] != rung):
            steps.append((event.day, rung))
    return steps
