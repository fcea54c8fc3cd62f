"""What map jobs take and cost, simulated: `python3 bench/scale.py --help`. The simulation is devtools/scale/."""

import runpy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
runpy.run_module("devtools.scale", run_name="__main__", alter_sys=True)
