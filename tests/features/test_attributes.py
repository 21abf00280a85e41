from features import attributes


def _block(make_history, name, target, **tables):
    history = make_history(**tables)
    return next(block for block in attributes.blocks(history, target) if block.name == f"attributes of {name}")


def test_without_attributes_there_are_no_blocks(make_history):
    for target in ("need", "risk-work", "risk-unit"):
        assert attributes.blocks(make_history(), target) == ()


def test_the_subject_s_own_attributes(make_history, ask):
    departments = [{"department_code": "d", "attr_size_num": 12.0, "attr_class_text": "high"}]
    block = _block(make_history, "departments", "risk-unit", departments=departments)
    assert block.columns == ("department_attr_class_text", "department_attr_size_num")
    found = ask(block, {"department_code": "d", "as_of": 5}, departments=departments)
    assert found == {"department_attr_class_text": "high", "department_attr_size_num": 12}


def test_a_work_record_s_attributes_are_those_known_before(make_history, ask):
    work = [
        {"work_code": "w", "occurred_at": 1, "superseded_at": 5, "attr_line_text": "A"},
        {"work_code": "w", "occurred_at": 1, "known_at": 5, "attr_line_text": "B"},
    ]
    block = _block(make_history, "work", "risk-work", work=work)
    for as_of, line in ((5, "A"), (6, "B")):
        assert ask(block, {"work_code": "w", "as_of": as_of}, work=work) == {"work_attr_line_text": line}


def test_where_an_order_is_silent_the_latest_inspection_speaks(make_history, make_table):
    inspections = [
        {"inspection_code": "1", "department_code": "d", "occurred_at": 1, "failed": 0, "attr_k_num": 1.0},
        {"inspection_code": "2", "department_code": "d", "occurred_at": 2, "failed": 0, "attr_k_num": 2.0},
        {"inspection_code": "3", "department_code": "d", "occurred_at": 9, "failed": 0, "attr_k_num": 9.0},
        {"inspection_code": "4", "department_code": "d", "work_code": "w", "occurred_at": 3, "failed": 0,
         "attr_k_num": 3.0, "attr_k_text": None},
    ]  # fmt: skip
    history = make_history(inspections=inspections)
    (block,) = attributes.blocks(history, "risk-unit")
    cohort = make_table(
        row_code=["silent", "number", "text"], department_code=["d"] * 3, as_of=[5] * 3,
        attr_k_num=[None, 7.0, None], attr_k_text=[None, None, "seven"],
    )  # fmt: skip
    cohort = cohort.mutate(attr_k_num=cohort.attr_k_num.cast("float64"))
    rows = {row["row_code"]: row for row in block.build(history, cohort).to_pyarrow().to_pylist()}
    assert rows["silent"]["inspection_attr_k_num"] == 2
    assert rows["number"]["inspection_attr_k_num"] == 7
    # an order that gives a text for K says nothing about a number, and no old number is put beside it
    assert rows["text"]["inspection_attr_k_num"] is None
    assert rows["text"]["inspection_attr_k_text"] == "seven"


def test_generated_sentences():
    number = attributes.described("department_attr_floor_area_num")
    assert number is not None
    assert not number.text
    assert number.en.format(value=12.0) == "Site attribute floor area (department) is 12."
    assert number.zh.format(value=12.5) == "自定义属性“floor area”（部门）为12.5。"
    assert attributes.described("inspection_attr_{odd}_text").en.format(value="x") == (
        "Site attribute {odd} (inspection) is x."
    )
    for other in ("unit_failures", "planet_attr_k_num", "department_attr_k", "department_attr__num"):
        assert attributes.described(other) is None
