"""The factory: a plant for solid medicines and for the electronic pill dispenser that goes with them."""

from datetime import date

from training.world.factory_processes import PROCESSES
from training.world.factory_texts import TEXTS
from training.world.sector import Course, Department, Names, Post, Sector

_DEPARTMENTS = (
    Department("OPS", "生产运营部 Operations", "operations"),
    Department("SD", "固体制剂车间 Solid dosage workshop", "operations", "OPS"),
    Department("PK", "包装车间 Packaging workshop", "operations", "OPS"),
    Department("EL", "电子组装车间 Electronics workshop", "operations", "OPS"),
    Department("WH", "仓储物流 Warehouse and logistics", "operations", "OPS"),
    Department("EN", "设备工程 Equipment engineering", "operations", "OPS"),
    Department("QM", "质量部 Quality", "quality"),
    Department("QC", "质量检验 Quality control", "quality", "QM"),
    Department("QA", "现场质量保证 Shop-floor quality assurance", "quality", "QM"),
    Department("HR", "人力资源部 People", "people"),
    Department("TC", "培训中心 Training centre", "people", "HR"),
    Department("IT", "信息服务台 Service desk", "service_desk"),
)

_GMP = ("C-GMP",)
_ESD = ("C-GMP", "C-ESD")

_POSTS = (
    Post("WH-REC", "收货员 Goods receiver", "WH", 0.03, "operator", "day", ("P01",), _GMP),
    Post("WH-FLT", "叉车司机 Forklift driver", "WH", 0.03, "operator", "three", ("P01",), _GMP, "特种作业证 forklift"),
    Post("SD-WGH", "称量员 Weighing operator", "SD", 0.05, "operator", "three", ("P02", "P13"), _GMP),
    Post("SD-GRA", "制粒操作工 Granulation operator", "SD", 0.06, "operator", "three", ("P03", "P04", "P13"), _GMP),
    Post("SD-CAP", "充填操作工 Capsule filling operator", "SD", 0.09, "operator", "three", ("P05", "P13"), _GMP),
    Post("SD-TAB", "压片操作工 Tablet press operator", "SD", 0.07, "operator", "three", ("P06", "P13"), _GMP),
    Post("SD-LED", "制剂班长 Solid dosage team leader", "SD", 0.03, "operator", "three", ("P04", "P05", "P06"), _GMP),
    Post("PK-BLI", "泡罩操作工 Blister line operator", "PK", 0.09, "operator", "three", ("P07", "P08"), _GMP),
    Post("PK-CAR", "装盒操作工 Cartoning operator", "PK", 0.07, "operator", "three", ("P08",), _GMP),
    Post("PK-LED", "包装班长 Packaging team leader", "PK", 0.02, "operator", "three", ("P07", "P08"), _GMP),
    Post("EL-SMT", "贴片技术员 SMT technician", "EL", 0.06, "operator", "twelve", ("P09",), _ESD),
    Post("EL-SOL", "焊接工 Soldering operator", "EL", 0.07, "operator", "twelve", ("P10", "P11"), _ESD),
    Post("EL-ASM", "总装工 Assembly operator", "EL", 0.08, "operator", "twelve", ("P11", "P15"), _ESD),
    Post("EL-TST", "测试员 Test technician", "EL", 0.04, "operator", "twelve", ("P12", "P11"), _ESD),
    Post("EN-MNT", "维修技工 Maintenance technician", "EN", 0.05, "operator", "three", ("P14",), _GMP,
         "低压电工证 electrician"),
    Post("EN-ENG", "工艺工程师 Process engineer", "EN", 0.02, "office"),
    Post("QC-INC", "来料检验员 Incoming inspector", "QC", 0.015, "inspector", "day", (), _GMP),
    Post("QC-LAB", "检验员 Product inspector", "QC", 0.03, "inspector", "three", (), _GMP),
    Post("QA-PAT", "现场QA Shop-floor QA", "QA", 0.025, "inspector", "three", (), _GMP),
    Post("QA-DOC", "文件管理员 Document controller", "QA", 0.01, "office"),
    Post("QM-MGR", "质量经理 Quality manager", "QM", 0.005, "office"),
    Post("HR-PAR", "人事专员 People partner", "HR", 0.015, "office"),
    Post("TC-TRN", "培训师 Trainer", "TC", 0.015, "trainer"),
    Post("OPS-PLN", "生产计划员 Production planner", "OPS", 0.02, "office"),
    Post("IT-SUP", "服务台专员 Support agent", "IT", 0.015, "office"),
)

_COURSES = (
    Course(
        "C-GMP", "GMP年度再培训 Annual GMP refresher", "Q-GMP-001", "药品生产质量管理规范 Good manufacturing practice",
        (
            ("2.1", "记录应及时、真实、完整 Records are made at once, true and complete"),
            ("2.4", "洁净区更衣与手部消毒 Gowning and hand disinfection in clean areas"),
            ("2.7", "偏差应在当班报告 Deviations are reported within the shift"),
        ),
        120, 365,
    ),
    Course(
        "C-ESD", "静电防护 ESD protection", "Q-ESD-001", "静电防护规范 Electrostatic discharge control",
        (
            ("3.1", "上岗前测试腕带 Wrist straps are tested before work starts"),
            ("3.3", "敏感器件只在防静电区打开 Sensitive parts are opened only in a protected area"),
        ),
        60, 730,
    ),
)

_NAMES = Names(
    surnames="王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹",
    given=(
        "伟", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "秀兰", "霞", "平",
        "刚", "桂英", "建国", "志强", "海燕", "晓东", "文博", "雨桐", "思远", "佳怡", "子豪", "春梅", "国栋", "红梅",
        "立新", "玉珍", "振宇", "晨曦", "家豪", "雪", "鹏飞", "慧",
    ),
    foreign_first=("Maria", "Daniel", "Aisha", "Tom", "Elena", "Raj", "Linh", "Samuel", "Grace", "Omar", "Julia"),
    foreign_last=("Santos", "Novak", "Khan", "Miller", "Petrova", "Patel", "Nguyen", "Okafor", "Lim", "Silva", "Weber"),
)

FACTORY = Sector(
    name="factory",
    departments=_DEPARTMENTS,
    posts=_POSTS,
    processes=PROCESSES,
    courses=_COURSES,
    texts=TEXTS,
    names=_NAMES,
    employers=("恒通劳务 Hengtong Staffing", "众合人力 Zhonghe Labour"),
    outside_inspectors=("EXT-SGS-07", "EXT-CUST-02"),
    holidays=tuple(
        (date(year, month, day), length)
        for year in range(2020, 2036)
        for month, day, length in ((1, 1, 1), (2, 8, 6), (5, 1, 3), (10, 1, 5))
    ),
)
