"""The factory's processes: from the goods-in dock to serialised cartons, and from bare boards to tested dispensers."""

from training.world.sector import Process, Snag

PROCESSES = (
    Process(
        "P01", "收货与备料 Receiving and staging", "WH", "Q-WH-010", "物料接收规范 Material receipt",
        -0.5, 0.8, 1,
        (
            Snag("4.1", "核对供应商批号 Supplier lot is checked", "标签批号看不清",
                 "the supplier lot label is unreadable"),
            Snag("4.2", "待验区隔离 Quarantine is separated", "待验区和合格区混放",
                 "quarantine and released goods get mixed"),
            Snag("4.3", "温湿度记录 Storage climate is recorded", "冷库温度记录漏填", "the cold store log has gaps"),
        ),
        materials=("原料药 API", "辅料 Excipient"), products=("备料 Staged material",),
    ),
    Process(
        "P02", "称量配料 Weighing and dispensing", "SD", "Q-SD-020", "称量配料标准 Dispensing",
        0.2, 0.9, 1,
        (
            Snag("5.1", "天平日校 Scales are checked daily", "天平日校总是超差", "the scale fails its daily check"),
            Snag("5.2", "双人复核称量 Weights are verified by a second person", "复核的人不在,称量没法双人复核",
                 "no second person to verify the weight"),
            Snag("5.3", "粉尘控制 Dust is extracted", "细粉飞扬,称不准", "fine powder floats and the weight drifts"),
        ),
        ("P01",), products=("配料 Dispensed lot",), humidity=0.1, assessed=True, always_changes=True,
    ),
    Process(
        "P03", "湿法制粒 Wet granulation", "SD", "Q-SD-030", "制粒标准 Granulation",
        0.5, 0.7, 2,
        (
            Snag("6.1", "终点功率判定 End point by power", "制粒终点判断不准",
                 "the granulation end point is hard to judge"),
            Snag("6.2", "水分限度 Moisture limit", "干燥后水分忽高忽低", "moisture after drying jumps up and down"),
            Snag("6.3", "筛网完整性 Sieve integrity", "筛网破了没发现", "a torn sieve was not noticed"),
        ),
        ("P02",), products=("颗粒 Granules",), humidity=0.25,
    ),
    Process(
        "P04", "总混 Blending", "SD", "Q-SD-040", "总混标准 Blending",
        -0.2, 0.8, 3,
        (
            Snag("6.5", "混合时间 Blending time", "混合时间设置容易错", "the blending time is easily set wrong"),
            Snag("6.6", "取样点 Sampling points", "取样点够不着", "the sampling point is out of reach"),
            Snag("6.7", "装料顺序 Loading order", "装料顺序搞反", "the loading order gets reversed"),
        ),
        ("P03",), products=("总混粉 Blend",),
    ),
    Process(
        "P05", "胶囊充填 Capsule filling", "SD", "Q-SD-050", "胶囊充填标准 Capsule filling",
        0.8, 0.8, 3,
        (
            Snag("7.1", "装量差异 Fill weight variation", "装量差异老超限",
                 "the fill weight keeps drifting out of limits"),
            Snag("7.2", "胶囊锁合 Capsule locking", "胶囊锁合不好,有瘪囊", "capsules do not lock and get dented"),
            Snag("7.3", "换模清场 Change-over clearance", "换模后残粉清不干净",
                 "powder stays in the dosator after change-over"),
        ),
        ("P04",), ("空心胶囊 Empty capsules",), ("阿莫西林胶囊 Amoxicillin caps", "奥美拉唑胶囊 Omeprazole caps"),
        humidity=0.3, validity_days=365, always_changes=True,
    ),
    Process(
        "P06", "压片 Tablet compression", "SD", "Q-SD-060", "压片标准 Tablet compression",
        0.4, 0.2, 3,
        (
            Snag("7.5", "片重与硬度 Weight and hardness", "片重硬度来回调,调不稳", "weight and hardness never settle"),
            Snag("7.6", "粘冲裂片 Sticking and capping", "粘冲严重,一会儿就要停机擦冲头",
                 "tablets stick and the punches need wiping"),
            Snag("7.7", "金属检测 Metal detection", "金属检测误剔太多", "the metal detector rejects good tablets"),
        ),
        ("P04",), products=("二甲双胍片 Metformin tabs", "对乙酰氨基酚片 Paracetamol tabs"), humidity=0.2,
    ),
    Process(
        "P07", "铝塑泡罩包装 Blister packing", "PK", "Q-PK-070", "泡罩包装标准 Blister packing",
        0.3, 0.8, 3,
        (
            Snag("8.1", "密封性 Seal integrity", "密封测试总有漏的", "blisters leak in the dye test"),
            Snag("8.2", "批号打印 Batch print", "批号打印模糊", "the batch print is blurred"),
            Snag("8.3", "缺粒检测 Missing tablets", "缺粒相机误判", "the camera misjudges empty pockets"),
        ),
        ("P05", "P06"), ("铝箔 Blister foil",), ("泡罩板 Blisters",), always_changes=True,
    ),
    Process(
        "P08", "装盒赋码 Cartoning and serialisation", "PK", "Q-PK-080", "装盒赋码标准 Cartoning and serialisation",
        -0.1, 0.8, 4,
        (
            Snag("8.5", "说明书版本 Leaflet version", "说明书新旧版本混用", "old and new leaflets get mixed"),
            Snag("8.6", "追溯码关联 Code aggregation", "追溯码关联失败要手工补",
                 "code aggregation fails and is fixed by hand"),
            Snag("8.7", "零头管理 Partial cartons", "零头合箱不会登记", "nobody knows how to book partial cartons"),
        ),
        ("P07",), ("纸盒 Cartons",), ("成品 Finished packs",),
    ),
    Process(
        "P09", "SMT贴片 SMT placement", "EL", "Q-EL-090", "贴片标准 SMT placement",
        0.1, 0.9, 4,
        (
            Snag("9.1", "锡膏回温 Solder paste conditioning", "锡膏回温时间不够", "solder paste is used too cold"),
            Snag("9.2", "炉温曲线 Reflow profile", "炉温曲线换线后没确认",
                 "the reflow profile is not confirmed after change-over"),
            Snag("9.3", "物料站位 Feeder position", "料盘站位上错", "reels get loaded in the wrong feeder"),
        ),
        (), ("电路板 Bare boards", "贴片料 Components"), ("主板 Main board",),
    ),
    Process(
        "P10", "手工焊接 Hand soldering", "EL", "Q-EL-100", "手工焊接标准 Hand soldering",
        0.7, 0.9, 0,
        (
            Snag("9.5", "焊点外观 Solder joint appearance", "虚焊很难看出来", "cold joints are hard to see"),
            Snag("9.6", "烙铁温度 Iron temperature", "烙铁温度每班不一样", "the iron temperature differs every shift"),
            Snag("9.7", "极性确认 Polarity", "电容极性容易焊反", "capacitors get soldered the wrong way round"),
        ),
        ("P09",), products=("焊接板 Soldered board",), assessed=True, practice_days=90,
        validity_days=730, always_changes=True,
    ),
    Process(
        "P11", "药盒总装 Dispenser assembly", "EL", "Q-EL-110", "总装标准 Dispenser assembly",
        0.0, 0.8, 1,
        (
            Snag("9.8", "螺钉扭矩 Screw torque", "电批扭矩没人点检", "nobody checks the screwdriver torque"),
            Snag("9.9", "排线插接 Cable seating", "排线插不到位", "the flat cable does not seat"),
            Snag("9.10", "外观划伤 Scratches", "外壳容易划伤", "housings get scratched"),
        ),
        ("P10",), ("外壳 Housings",), ("药盒 Pill dispenser",),
    ),
    Process(
        "P12", "功能测试 Functional testing", "EL", "Q-EL-120", "功能测试标准 Functional test",
        -0.4, 0.7, 4,
        (
            Snag("10.1", "测试程序版本 Test program version", "测试程序版本对不上",
                 "the test program version does not match"),
            Snag("10.2", "误判复测 Retest rule", "误判多,复测规则不清楚",
                 "many false rejects and the retest rule is unclear"),
            Snag("10.3", "治具点检 Fixture check", "治具探针磨损", "fixture probes are worn"),
        ),
        ("P11",), products=("合格药盒 Tested dispenser",),
    ),
    Process(
        "P13", "清场清洁 Line clearance", "SD", "Q-SD-130", "清场标准 Line clearance",
        0.3, 0.5, 0,
        (
            Snag("11.1", "死角清洁 Hidden corners", "设备死角清不到", "corners of the machine cannot be reached"),
            Snag("11.2", "清场记录 Clearance record", "清场记录要填三张表", "the clearance needs three forms"),
            Snag("11.3", "擦拭取样 Swab limit", "擦拭样不合格要重新清", "the swab fails and cleaning starts again"),
        ),
        covered=False,
    ),
    Process(
        "P14", "设备点检 Equipment check", "EN", "Q-EN-140", "设备点检标准 Equipment check",
        -0.3, 0.7, 1,
        (
            Snag("12.1", "润滑点 Lubrication points", "润滑点漏掉", "lubrication points get missed"),
            Snag("12.2", "上锁挂牌 Lock-out", "上锁挂牌图省事不做", "lock-out is skipped to save time"),
            Snag("12.3", "备件台账 Spare parts", "备件型号对不上", "spare part numbers do not match"),
        ),
        validity_days=730,
    ),
    Process(
        "P15", "激光打标 Laser marking", "EL", "Q-EL-150", "激光打标标准 Laser marking",
        0.6, 0.8, 2,
        (
            Snag("13.1", "对比度 Mark contrast", "打标太浅扫不出来", "the mark is too faint to scan"),
            Snag("13.2", "激光安全 Laser safety", "防护罩联锁老报警", "the guard interlock keeps tripping"),
            Snag("13.3", "夹具定位 Fixture position", "夹具定位偏", "the part sits off centre in the fixture"),
        ),
        ("P11",), products=("打标药盒 Marked dispenser",), starts=0.35, supervised_pieces=5,
    ),
)
