package main

import (
	"os/exec"
	"runtime"
	"syscall"
)

// dieWithParent makes the kernel kill the child when this process is killed
// itself. The signal is bound to the starting thread, which therefore must stay.
func dieWithParent(child *exec.Cmd) {
	runtime.LockOSThread()
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
