"""What identifies somebody in free text is masked before the text is compared with anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.difficulties.masking import MASK, Masking

NAMES = ("王伟", "欧阳 秀兰", "李", "Maria Santos", "Jean-Luc O'Brien", "Grace")


@pytest.mark.parametrize(("text", "masked"), [
    ("请找王伟,他会调", "请找***,他会调"),
    ("李师傅不在", "李师傅不在"),  # a single character is a name and a thousand words
    ("Ask maria  santos about it", "Ask *** about it"),
    ("Maria Santos's shift", "***'s shift"),
    ("Jean-Luc O'Brien and Grace", "*** and ***"),
    ("Graceful work", "Graceful work"),
    ("电话13812345678,座机010-6552-9988", "电话***,座机***"),
    ("call +86 138 1234 5678 now", "call *** now"),
    ("身份证11010519491231002X不对", "身份证***不对"),
    ("mail e007@linhe-pharma.example please", "mail *** please"),
    ("病历号:ZY-20391 术前核查", "病历号:*** 术前核查"),
    ("Patient no 4711 waits, MRN: A-99", "Patient no *** waits, MRN: ***"),
    ("住院号为 330021", "住院号为 ***"),
    ("装量差异 0.35 g, 9.10, 24 h, 第3版", "装量差异 0.35 g, 9.10, 24 h, 第3版"),
    ("", ""),
])
def test_who_is_meant_goes_and_what_is_meant_stays(text: str, masked: str) -> None:
    assert Masking(NAMES)(text) == masked


def test_a_chinese_name_is_found_inside_a_sentence_without_spaces() -> None:
    assert Masking(["欧阳秀兰", "欧阳"])("昨天欧阳秀兰说") == f"昨天{MASK}说"


@given(st.text("ab 装量0-+@."), st.lists(st.sampled_from(["王伟", "Maria Santos", "13812345678"]), min_size=1))
def test_whatever_stands_around_them_nothing_of_them_is_left(noise: str, who: list[str]) -> None:
    masked = Masking(NAMES)(f" {noise} ".join(["", *who, ""]))
    assert not any(one in masked for one in who)
