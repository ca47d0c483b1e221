package rados

import "syscall"

// endWithParent has the kernel kill the child when this process is gone, also when it was
// killed itself and could clean up nothing.
func endWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGKILL }
