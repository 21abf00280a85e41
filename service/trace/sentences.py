"""Every statement of a verdict as a sentence, in both languages."""

from service.trace.rules import Statement

#: how somebody stood, in both languages
_OUTCOMES = {
    "qualified": ("qualified", "具备资格"), "supervised": ("supervised", "带教"),
    "no_requirement_defined": ("nothing is required", "未规定要求"), "suspended": ("suspended", "已暂停"),
    "not_trained": ("not trained", "未培训"), "failed": ("not passed", "未通过"), "expired": ("expired", "已过期"),
    "superseded_version": ("an older version", "版本已旧"),
}

#: why work was flagged
WHYS = {
    "ungated": ("began without a gate check", "未经上岗核验即开始"),
    "warned": ("began although the gate warned", "上岗核验已警告仍开始"),
    "supervised": ("done under supervision", "带教作业"), "emergency": ("an emergency start", "紧急开工"),
}

#: kinds of inspection
KINDS = {
    "routine": ("routine", "例行检验"), "incoming": ("incoming", "来料检验"),
    "first_article": ("first article", "首件检验"),
    "in_process": ("in process", "过程检验"), "final": ("final", "最终检验"), "patrol": ("patrol", "巡检"),
    "record_review": ("record review", "记录审核"), "audit": ("audit", "审核"),
    "effectiveness": ("effectiveness check", "效果评估"), "random": ("random", "随机抽检"),
}


def outcome(named: str) -> tuple[str, str]:
    """How somebody stood, in a few words."""
    return _OUTCOMES[named]


_SAYS: dict[str, tuple[str, str]] = {
    "course_required": (
        "A course that covers {process} is required of whoever does it.",
        "{process}已规定必修的培训课程\u3002",
    ),
    "no_course_covers": (
        "No required course covers {process} as it was in force.",
        "没有必修课程覆盖当时生效的{process}\u3002",
    ),
    "standard_untaught": (
        "{process} followed {standards}, which no required course teaches.",
        "{process}执行{standards}\uff0c但没有必修课程讲授该标准\u3002",
    ),
    "training_not_trained": (
        "{employee} never completed the training that {process} requires.",
        "{employee}从未完成{process}要求的培训\u3002",
    ),
    "training_failed": ("{employee} did not pass the training that {process} requires.",
                        "{employee}未通过{process}要求的培训\u3002"),
    "training_expired": ("{employee}'s training for {process} had expired.", "{employee}的{process}培训已过期\u3002"),
    "training_superseded_version": (
        "{employee} was taught an older version than {process} demanded then.",
        "{employee}接受的培训版本早于{process}当时要求的版本\u3002",
    ),
    "training_completed": ("{employee} had passed the training that {process} requires.",
                           "{employee}已通过{process}要求的培训\u3002"),
    "standard_moved_on": (
        "{standard} moved on to version {in_force} on {since}; {process} still followed version {follows}.",
        "{standard}自{since}起执行第{in_force}版\uff0c而{process}仍按第{follows}版执行\u3002",
    ),
    "process_follows": ("{process} followed {standard} version {in_force}, the one in force.",
                        "{process}执行的是{standard}现行的第{in_force}版\u3002"),
    "was_qualified": ("{employee} was qualified for {process}.", "{employee}当时具备{process}的上岗资格\u3002"),
    "was_supervised": ("{employee} worked under supervision.", "{employee}在带教下作业\u3002"),
    "on_post_unqualified": (
        "{employee} did {process} without being qualified ({reason}) and without supervision.",
        "{employee}在不具备资格({reason})且无人带教的情况下从事了{process}\u3002",
    ),
    "self_check_missing": ("The self-check was not done.", "未进行自检\u3002"),
    "self_check_fail": ("The self-check failed, and the work went on.", "自检不合格\uff0c但作业仍继续\u3002"),
    "self_check_pass": ("The self-check was done and passed.", "自检已完成且合格\u3002"),
    "wrong_version": (
        "The work followed version {used} of {process}; version {in_force} was in force.",
        "作业按{process}第{used}版进行\uff0c而当时生效的是第{in_force}版\u3002",
    ),
    "inspection_due_not_done": ("An inspection was due and was not done.", "检验已到期\uff0c但未进行\u3002"),
    "never_inspected": (
        "Nothing of this work was inspected, nor of the process in the months before.",
        "此次作业未经任何检验\uff0c此前数月该流程也从未检验\u3002",
    ),
    "inspected_as_a_rule": (
        "Nothing of this work was inspected, though {inspected} of {batches} batches before it were.",
        "此次作业未经任何检验\uff0c而此前{batches}批中有{inspected}批经过检验\u3002",
    ),
    "not_inspected": ("Nothing of this work was inspected.", "此次作业未经任何检验\u3002"),
    "duty_missed": (
        "{department} owed this and missed it: {duty}, due on {due}.",
        "{department}有履责事项未履行\uff1a{duty}\uff0c到期日为{due}\u3002",
    ),
    "inspection_passed": ("It was inspected, and passed.", "已进行检验\uff0c结果合格\u3002"),
    "inspection_failed": ("It was inspected, and failed.", "已进行检验\uff0c结果不合格\u3002"),
    "input_failed": ("Something was wrong with input batch {batch}.", "投入批次{batch}存在问题\u3002"),
    "inputs_clean": ("Nothing is recorded against its {count} input batches.", "其{count}个投入批次均无异常记录\u3002"),
    "qualified_keep_failing": (
        "Qualified people failed {failed} of {inspected} inspections of this process: more training will not fix it.",
        "具备资格的人员在该流程{inspected}次检验中有{failed}次不合格\uff1a再培训无法解决问题\u3002",
    ),
    "qualified_rarely_fail": (
        "Qualified people failed only {failed} of {inspected} inspections of this process.",
        "具备资格的人员在该流程{inspected}次检验中仅{failed}次不合格\u3002",
    ),
}


def sentence(statement: Statement) -> tuple[str, str]:
    """A statement in English and Chinese."""
    en, zh = _SAYS[statement.key]
    reason = _OUTCOMES.get(statement.told.get("reason", ""), ("", ""))
    return en.format(**statement.told | {"reason": reason[0]}), zh.format(**statement.told | {"reason": reason[1]})
