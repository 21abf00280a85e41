"""How people at the factory write: reports, issues, change summaries, survey remarks."""

from training.world.sector import Texts

TEXTS = Texts(
    difficulty_zh=(
        "{p}:{s}",
        "{s},新来的基本搞不定",
        "夜班做{p}的时候{s},已经第三次了",
        "反映一下,{p}这里{s},作业指导书没写清楚",
        "{s}。培训时没讲这一步,只能问老师傅",
        "新版标准下来以后{s},不知道按哪个版本做",
        "{p}岗位:最近{s},希望能再培训一次",
        "{s},每班要多花二十分钟处理",
        "还是老问题,{s}",
    ),
    difficulty_en=(
        "{p}: {s}",
        "{s}, new colleagues cannot manage it alone",
        "On nights we see that {s}, third time this month",
        "The instruction is unclear: {s}",
        "{s}. The course did not show this step",
        "Since the new version {s}, nobody knows which one applies",
        "Please train us again on {p}, {s}",
        "{s} and we lose twenty minutes every shift",
    ),
    bottleneck_zh=(
        "{p}排队,前面的批次堆了两天",
        "{p}人手不够,{s}又要返工,产能跟不上",
        "换型以后{p}总是等料,整条线停着",
        "{p}只有一个人会调,他休息就堵",
        "月底{p}积压严重,加班也做不完",
    ),
    bottleneck_en=(
        "{p} is the bottleneck, batches wait two days in front of it",
        "Only one person can set up {p}; when he is off the line stops",
        "Rework at {p} because {s}, throughput is down",
        "Month end: {p} piles up even with overtime",
    ),
    unrelated=(
        "食堂晚餐太晚,夜班吃不上热饭", "停车场灯坏了,夜班回家不安全", "更衣柜不够用", "空调太冷,靠门的工位很冷",
        "Shuttle bus is always late for the early shift", "The vending machine on the second floor is broken",
        "请问高温补贴什么时候发", "Wi-Fi in the break room does not work",
    ),
    changes=(
        "收紧限度并增加一条记录要求 Tighter limit and one more record", "修订取样频次 Sampling frequency revised",
        "根据客户审核意见修订 Revised after a customer audit", "合并旧条款,增加复核 Clauses merged, second check added",
    ),
    issues={
        "nonconformity": ("{p}发现不合格品,{s}", "Nonconforming product at {p}: {s}"),
        "deviation": ("{p}偏差:{s}", "Deviation at {p}, {s}"),
        "complaint": ("客户投诉:{s}({p})", "Customer complaint: {s}"),
        "near_miss": ("险情:{p}时{s},未造成后果", "Near miss at {p}: {s}, no harm done"),
        "audit_finding": ("审核发现:{p}记录不完整", "Audit: records of {p} incomplete"),
        "recall": ("批次召回:{s}", "Recall: {s}"),
    },
    surveys=(
        "内容实用", "讲得太快,现场操作太少", "希望多练几次", "Useful, more practice please",
        "Too long after a night shift", "案例很好", "The slides show the old machine", "",
    ),
    typos={"的": "得", "在": "再", "做": "作", "标准": "标淮", "装": "妆", "检": "捡", "the": "teh", "line": "lien",
           "every": "evry", "weight": "wieght", "because": "becuase", "training": "trainning"},
)
