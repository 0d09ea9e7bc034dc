"""The words and shapes of Chinese time expressions: what kg.extract.time looks for and counts with.

Each alternative of EXPRESSION is one form under a group that names it; kg.extract.time has a function for each.
"""

import re

DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "两": 2}
YEAR_WORDS = {"今年": 0, "本年度": 0, "本年": 0, "去年": -1, "上年": -1, "上一年": -1, "前年": -2, "大前年": -3, "明年": 1, "来年": 1, "后年": 2, "今春": 0, "今夏": 0, "今秋": 0, "今冬": 0}  # fmt: skip
YEAR_BACK = {
    "同年": 0,
    "那一年": 0,
    "同一年": 0,
    "前一年": -1,
    "当年": 0,
    "那年": 0,
    "该年": 0,
    "次年": 1,
    "翌年": 1,
    "第二年": 1,
    "转年": 1,
    "隔年": 1,
}
MONTH_WORDS = {"本月": 0, "这个月": 0, "上月": -1, "上个月": -1, "前月": -2, "下月": 1, "下个月": 1}
MONTH_BACK = {"当月": 0, "同月": 0, "同一个月": 0, "同一月": 0, "次月": 1, "翌月": 1}
DAY_WORDS = {"今天": 0, "今日": 0, "今晚": 0, "今晨": 0, "今早": 0, "即日": 0, "昨天": -1, "昨日": -1, "昨晚": -1, "昨夜": -1, "昨晨": -1, "前天": -2, "前日": -2, "前晚": -2, "明天": 1, "明日": 1, "明晚": 1, "明早": 1, "后天": 2}  # fmt: skip
DAY_BACK = {
    "同一天": 0,
    "同一日": 0,
    "前一天": -1,
    "前一日": -1,
    "第二天": 1,
    "当天": 0,
    "当日": 0,
    "当晚": 0,
    "同日": 0,
    "同天": 0,
    "次日": 1,
    "翌日": 1,
    "隔日": 1,
}
WEEK_WORDS = {"上上": -2, "上": -1, "本": 0, "这": 0, "下": 1, "": 0}

FUTURE = re.compile(
    "将|拟|计划|预计|有望|即将|定于|届时|准备|打算|争取|目标|最快|会在|会于|会从|最早|最迟|推迟到|推迟至|延期至"
)
FUTURE_BEFORE, FUTURE_AFTER = 12, 14  # characters; a clause of news has 10 to 15
NEAR_MONTHS = 2  # a bare month this little ahead is meant to come even without a word of intention
NEXT_MONTH = (
    3  # characters between a year alone and the bare month that it dates; farther off it is wrong more often than right
)

_N = "(?:[0-9]{1,2}|[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_YEAR = "(?:1[6-9][0-9]{2}|20[0-9]{2}|[一二][〇○零一二三四五六七八九]{3})"
_MONTH = "(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_DAY = "(?:3[01]|[12][0-9]|0?[1-9]|三十一?|二?十[一二三四五六七八九]?|[一二三四五六七八九])"
# 中 begins too many names (2024年中国市场); a character after 初, 底 or 末 may make it another word.
_EDGE = "(?:[初底末](?![级步始稿中部])|中(?![国央信芯期东美欧日韩英兴海石铁车粮建航船核金远科标]))"
_POINT = f"(?:年?{_EDGE}|年?伊始|春[天季节]?|夏[天季]?|秋[天季]?|冬[天季]?)"
_TO = r" ?(?:[-~至到—]|——) ?"


def _either(words: dict[str, int]) -> str:
    return "|".join(sorted(filter(None, words), key=len, reverse=True))


_QUARTER = "(?:第?(?P<quarter>[一二三四1-4首])季度?(?!报|军|节)|(?P<quarter_q>[Qq][1-4])(?![0-9A-Za-z])|(?P<first_quarters>前[三二两3])季度?)"
_WITHIN_YEAR = (
    f"(?P<month>{_MONTH}) ?月(?:份)?(?: ?(?P<day>{_DAY}) ?[日号](?!线))?"
    f"|(?P<month_from>{_MONTH}){_TO}(?P<month_to>{_MONTH}) ?月(?:份)?(?! ?{_DAY} ?[日号])"
    f"|{_QUARTER}|(?P<half>[上下])半年(?:度)?"
)
# Every form begins with one of these; asking first spares most characters the whole list.
_FIRST = "0-9Qq〇○零一二三四五六七八九十两半首今去前明后大本上下中同当那该次翌第转隔来这昨即周星礼岁年月"
EXPRESSION = re.compile(
    f"(?=[{_FIRST}])(?:"
    + "|".join(
        (
            # 2023-10-18, 2023/10/18, 2023.10.18
            r"(?<![0-9A-Za-z.\-/])(?P<iso>(?P<iso_year>(?:19|20)[0-9]{2})(?P<iso_mark>[-/.])(?P<iso_month>1[0-2]|0?[1-9])(?P=iso_mark)(?P<iso_day>3[01]|[12][0-9]|0?[1-9]))(?![0-9]|[-/.][0-9])",
            # 2023-10, 2023/10; not the season 2011-12
            r"(?<![0-9A-Za-z.\-/])(?P<iso_short>(?P<short_year>(?:19|20)[0-9]{2})[-/](?P<short_month>1[0-2]|0[1-9]))(?![0-9年]|[-/.][0-9]| ?赛季| ?财年)",
            # 2018-2020年, 2018年至2020年
            rf"(?<![0-9.])(?P<years>(?P<year_from>{_YEAR}) ?年?(?:初|底|末|年底|年初)?{_TO}(?P<year_to>{_YEAR}) ?年(?:初|底|末|间)?(?! ?{_MONTH} ?月))",
            # 2023年…, 今年…, 同年…
            rf"(?<![0-9.])(?P<in_year>(?:(?P<year>{_YEAR}|[09][0-9](?=年{_MONTH}月)|[12][0-9](?=年{_MONTH}月(?:{_DAY}[日号]|份))|(?<![百千万])[零〇][一二三四五六七八九]) ?(?:年度?|(?P<fiscal>财年))|(?<![未匆])(?P<year_word>{_either(YEAR_WORDS)})|(?P<year_back>{_either(YEAR_BACK)}))(?:的?,? ?(?:{_WITHIN_YEAR}|(?P<point>{_POINT})))?)(?P<reject_year>[0-9]|个|[多余来])?",
            # 本月…, 当月…
            rf"(?P<in_month>(?<!目)(?:(?P<month_word>{_either(MONTH_WORDS)})|(?P<month_back>{_either(MONTH_BACK)}))(?: ?(?P<month_day>{_DAY}) ?[日号]|[上中下]旬|{_EDGE})?)",
            # 10月18日, 10月, 1-6月, 三季度, 上半年
            rf"(?<![0-9.个年每近满/])(?P<bare>{_WITHIN_YEAR.replace('?P<', '?P<bare_')})(?P<bare_tail>[上中下]旬|{_EDGE})?(?!(?<=月)(?:[龄嫂子均线饼球亮]|期(?!间))|(?<=[一二三四五六七八九十]月)天(?!猫))",
            # 昨日, 当日
            f"(?P<day_word>{_either(DAY_WORDS)})(?![头猫])|(?P<day_back>{_either(DAY_BACK)})",
            # 上周五, 周三, 上周
            "(?<![每一二两三四五六七八九十数几半整0-9])(?P<week>(?P<week_word>上上|[上本这下])个?(?:周|星期|礼拜)(?P<week_day>[一二三四五六日天1-7])?(?:末)?)(?![刊期年边报])"
            "|(?<![每一二两三四五六七八九十数几半整0-9双狂])(?P<weekday>(?:周|星期|礼拜)(?P<plain_day>[一二三四五六日天]))(?![刊期年边报均到至]|（[0-9])",
            # 31日, 12日晚
            r"(?<![0-9.个近满每第前后续共达未来逾超—])(?P<bare_date>(?P<only_day>3[01]|[12][0-9]|0?[1-9]) ?日)(?![内均线游元本达]|年化)",
            # 三年前, 两个月前
            rf"(?<![0-9.近第超逾约一二三四五六七八九十百千几数两])(?P<ago>(?:(?P<ago_n>{_N}|两|半) ?(?P<ago_unit>年|个月|天|周|个星期)) ?前)(?!夕|后)",
            # 两年后: after the year named last
            rf"(?<![0-9.近第超逾约一二三四五六七八九十百千几数两])(?P<later>(?P<later_n>{_N}|两|半) ?(?P<later_unit>年|个月|天|日|周|个星期)(?:之后|过后|以后|后))(?![起的])",
            # 九十年代, 上世纪90年代
            "(?P<decade>(?P<century>上世纪|上个世纪|20世纪|二十世纪|19|20|本世纪|21世纪)?(?P<tens>[0-9]0|[一二三四五六七八九]十) ?年代)",
            # 年初, 月底
            f"(?<![0-9一二三四五六七八九十个半两数近全整多几去今明前后本上当同每])(?P<year_point>年(?:{_EDGE}|内)|岁末)|(?<![0-9一二三四五六七八九十个半两数近整多几本上当同下每])(?P<month_point>月(?:{_EDGE}|内)|[上中下]旬)",
        )
    )
    + ")"
)
SENTENCE_END = re.compile("[。！？；\n]+")
RANGE_MARK = re.compile(rf"(?:[初中底末]|上旬|中旬|下旬)?{_TO}(?:次日)?")
PERIOD = re.compile(rf"(?:起|开始)(?:的|,|，|之后|后)? ?(?:未来)?(?P<n>{_N}|两) ?(?P<unit>个月|年|日|天)(?:之?内|期间)")
WIDTH = str.maketrans("０１２３４５６７８９－～．／　", "0123456789-~./ ")
