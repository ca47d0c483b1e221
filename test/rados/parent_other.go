//go:build !linux

package rados

import "syscall"

// endWithParent can be kept only on Linux, where Ceph's packages are.
func endWithParent(*syscall.SysProcAttr) {}
