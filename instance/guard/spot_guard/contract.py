"""Names that cross the instance's border. `contract/` says the same in TypeScript; a test compares."""

ROOT_VARIABLE = "SPOT_GUARD_ROOT"
INSTANCE_ID_VARIABLE = "AWS_SSM_INSTANCE_ID"
METADATA_VARIABLE = "AWS_EC2_METADATA_SERVICE_ENDPOINT"

RUN_FOLDER = "/run/spot-guard"
NOTICE_FILE = "/run/spot-guard/notice.json"
ACKNOWLEDGED_FOLDER = "/run/spot-guard/acknowledged"
RUNS_FOLDER = "/run/spot-guard/runs"
WATCH_FILE = "/run/spot-guard/watch.json"
WANTED_FILE = "/run/spot-guard/wanted"
HOOKS_FOLDER = "/etc/spot-guard/hooks.d"
ROOTS_FILE = "/etc/spot-guard/roots"
CONF_FILE = "/etc/spot-guard/spot-guard.conf"
STATE_FOLDER = "/var/lib/spot-guard"
TAGS_FILE = "/var/lib/spot-guard/tags.json"
DEFAULTS_FILE = "/var/lib/spot-guard/defaults.json"
STOPPED_FILE = "/var/lib/spot-guard/stopped.json"
LIBRARY_FOLDER = "/usr/local/lib/spot-guard"
COMMAND_FILE = "/usr/local/bin/spot-guard"
UNITS_FOLDER = "/etc/systemd/system"
SYSTEMD_FOLDER = "/run/systemd/system"
RUN_UNIT = "spot-guard-run"
WATCH_UNIT = "spot-guard-watch.service"

STAGES = ("drain", "save", "clean", "report")
STEPS = ("accept",) + STAGES
ACTIONS = ("terminate", "stop", "hibernate")
REBALANCE = "rebalance"
REBALANCE_SECONDS = 600
EVENTS = ("interruption", "rebalance", "rehearsal")
BY_COMMAND = "command"
BY_WATCHER = "watcher"
WINDOW_SECONDS = 120

GUARD_TAG = "spot-guard"
GUARD_TAG_VALUE = "enabled"
SETTING_TAG_PREFIX = "spot-guard:"
REBALANCE_SAVE = "save"
SETTINGS = (
    "units",
    "containers",
    "state",
    "workload",
    "drain-until",
    "save-until",
    "clean-until",
    "grace",
    "rebalance",
    "stopped",
)
FLEET_ACTIONS = ("deregister", "replace")
UNKNOWN_TAGS_MAX = 5
UNKNOWN_TAG_CHARS = 40
DEFAULT_SECONDS = {"drain-until": 45, "save-until": 10, "clean-until": 5, "grace": 5}
SECONDS_RANGE = {
    "drain-until": (4, 115),
    "save-until": (4, 115),
    "clean-until": (4, 60),
    "grace": (1, 30),
}

EXIT_OK = 0
EXIT_USAGE = 10
EXIT_FAILED = 20
EXIT_OVERRAN = 21
EXIT_SKIPPED = 22
EXIT_LOST = 23
EXIT_REFUSED = 169

HOOK_NOTHING_TO_SAVE = 75
HIBERNATE_SUFFIX = ".hibernate"

HOOK_EVENT = "SPOT_GUARD_EVENT"
HOOK_ACTION = "SPOT_GUARD_ACTION"
HOOK_INSTANCE_ID = "SPOT_GUARD_INSTANCE_ID"
HOOK_DEADLINE = "SPOT_GUARD_DEADLINE"
HOOK_DEADLINE_EPOCH = "SPOT_GUARD_DEADLINE_EPOCH"
HOOK_STAGE = "SPOT_GUARD_STAGE"
HOOK_STAGE_END = "SPOT_GUARD_STAGE_END"
HOOK_STATE = "SPOT_GUARD_STATE"
HOOK_WORKLOAD = "SPOT_GUARD_WORKLOAD"
HOOK_ATTEMPT = "SPOT_GUARD_ATTEMPT"
HOOK_TASK = "SPOT_GUARD_TASK"
HOOK_SAVED = "SPOT_GUARD_SAVED"

REPORT_VERSION = 1
REPORT_MAX_CHARS = 2000
REPORTS_DEFAULT = "reports"
REPORTS_PREFIX = "reports/"
