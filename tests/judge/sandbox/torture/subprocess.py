# expect: RE - leaves the answering to a shell
import subprocess
subprocess.run("read n; echo $((2 * n))", shell=True, check=True)
