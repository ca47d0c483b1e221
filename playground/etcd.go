package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

const (
	// etcdStartTimeout is how long etcd may take to become leader of its cluster of
	// one. It needs a fraction of a second; a minute covers a very busy machine.
	etcdStartTimeout = time.Minute
	// socketPathLimit is the longest path of a Unix socket that all systems accept.
	socketPathLimit = 103
)

// startEtcd runs etcd on the data in the folder and returns the address for its
// clients. It returns once etcd answers.
func startEtcd(ctx context.Context, f folder, onFailure context.CancelCauseFunc) (*component, string, error) {
	sockets, err := openSocketFolder(f)
	if err != nil {
		return nil, "", err
	}
	address := url.URL{Scheme: "unix", Path: filepath.Join(sockets.path, socketName)}
	server, err := embed.StartEtcd(etcdConfig(f, address))
	if err != nil {
		err = fmt.Errorf("start etcd on %s: %w", f.etcdData(), err)
		return nil, "", errors.Join(err, sockets.removeIfTemporary())
	}
	etcd := startComponent("etcd", func(ctx context.Context) error {
		var err error
		select {
		case <-ctx.Done():
		case err = <-server.Err():
		}
		server.Close()
		return errors.Join(err, sockets.removeIfTemporary())
	}, onFailure)

	ctx, cancel := context.WithTimeout(ctx, etcdStartTimeout)
	defer cancel()
	select {
	case <-server.Server.ReadyNotify():
		return etcd, address.String(), nil
	case <-ctx.Done():
		etcd.stop()
		return nil, "", fmt.Errorf("wait for etcd to become ready: %w", context.Cause(ctx))
	}
}

// etcdConfig describes an etcd with one member and one client. It listens on a
// socket in a private folder and nowhere else, so the folder's permissions keep
// others away from the data.
func etcdConfig(f folder, address url.URL) *embed.Config {
	config := embed.NewConfig()
	config.Name = "playground"
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.Dir = f.etcdData()
	config.ListenClientUrls = []url.URL{address}
	config.ListenPeerUrls = nil

	// A member without peers waits for the whole election time at each start before it
	// makes itself leader. The usual second is for votes that cross a network.
	config.TickMs = 20
	config.ElectionMs = 100

	// Data is not flushed to disk at every write: it survives the process, and after a
	// power cut a playground is simply started afresh.
	config.UnsafeNoFsync = true
	config.QuotaBackendBytes = 8 << 30

	config.LogOutputs = []string{embed.StdErrLogOutput}
	config.LogLevel = "warn"
	// Left at zero, as it is in a new configuration, every request counts as slow and
	// is logged.
	config.WarningUnaryRequestDuration = embed.DefaultWarningUnaryRequestDuration
	return config
}

// socketName is the file name of etcd's socket.
const socketName = "etcd.sock"

// openSocketFolder returns the folder for etcd's socket: the state folder, or a
// temporary one when the path would be longer than the system accepts, which happens
// in the temporary folders of tests with long names.
func openSocketFolder(f folder) (folder, error) {
	if len(filepath.Join(f.path, socketName)) <= socketPathLimit {
		return folder{path: f.path}, nil
	}
	path, err := os.MkdirTemp("", "playground-etcd-")
	if err != nil {
		return folder{}, fmt.Errorf("create a folder for etcd's socket, because the path of the state folder is too long for it: %w", err)
	}
	return folder{path: path, temporary: true}, nil
}
