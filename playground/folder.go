package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// folder is the state folder: everything one playground keeps, and the only place
// on disk that it writes to.
type folder struct {
	path      string
	temporary bool
}

// openFolder creates the state folder, or opens the one that is there. Others must
// not be able to look into it: it holds the key of a cluster administrator. An
// empty dir means a temporary folder.
func openFolder(dir string) (folder, error) {
	if dir == "" {
		path, err := os.MkdirTemp("", "playground-")
		if err != nil {
			return folder{}, fmt.Errorf("create a temporary state folder: %w", err)
		}
		return folder{path: path, temporary: true}, nil
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		return folder{}, fmt.Errorf("find the absolute path of the state folder %s: %w", dir, err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return folder{}, fmt.Errorf("create the state folder: %w", err)
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return folder{}, fmt.Errorf("make the state folder private: %w", err)
	}
	return folder{path: path}, nil
}

func (f folder) kubeconfig() string { return filepath.Join(f.path, "kubeconfig") }
func (f folder) pid() string        { return filepath.Join(f.path, "pid") }
func (f folder) lock() string       { return filepath.Join(f.path, "lock") }
func (f folder) log() string        { return filepath.Join(f.path, "control-plane.log") }
func (f folder) pki() string        { return filepath.Join(f.path, "pki") }
func (f folder) etcdData() string   { return filepath.Join(f.path, "etcd") }
func (f folder) auditLog() string   { return filepath.Join(f.path, "audit.log") }
func (f folder) auditPolicy() string {
	return filepath.Join(f.path, "audit-policy.yaml")
}

// removeIfTemporary removes a folder that the user never asked for by name.
func (f folder) removeIfTemporary() error {
	if !f.temporary {
		return nil
	}
	if err := os.RemoveAll(f.path); err != nil {
		return fmt.Errorf("remove the temporary state folder: %w", err)
	}
	return nil
}
