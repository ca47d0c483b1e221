package rados

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// layout is where one gateway and its cluster keep and find everything.
type layout struct {
	folder string
	// cluster and store are UUIDs: of the cluster, and of its object store.
	cluster, store string
	// monitor is its address on the loopback interface.
	monitor string
}

func (l layout) in(name ...string) string {
	return filepath.Join(append([]string{l.folder}, name...)...)
}

func (l layout) configFile() string { return l.in("ceph.conf") }

// config is the text of ceph.conf. Objects are kept in memory, in a cluster that
// is content with one store and trusts everybody who can reach it on loopback.
func (l layout) config() string {
	settings := [][2]string{
		{"fsid", l.cluster},
		{"mon_host", "v1:" + l.monitor},
		{"ms_bind_msgr2", "false"},
		{"auth_cluster_required", "none"},
		{"auth_service_required", "none"},
		{"auth_client_required", "none"},

		{"run_dir", l.folder},
		{"mon_data", l.in("mon")},
		{"osd_data", l.in("osd")},
		{"rgw_data", l.in("rgw")},
		{"crash_dir", l.in("crash")},
		{"keyring", l.in("keyring")},
		{"log_to_file", "false"},
		{"log_to_stderr", "true"},
		{"mon_cluster_log_to_file", "false"},
		{"pid_file", l.in("$name.pid")},
		// A path of a socket has room for a hundred characters, which a temporary folder
		// can exceed; nobody asks these.
		{"admin_socket", ""},

		{"osd_objectstore", "memstore"},
		{"memstore_device_bytes", "1073741824"},
		{"osd_pool_default_size", "1"},
		{"osd_pool_default_min_size", "1"},
		{"osd_pool_default_pg_num", "4"},
		{"osd_pool_default_pgp_num", "4"},
		{"osd_pool_default_pg_autoscale_mode", "off"},
		{"osd_crush_chooseleaf_type", "0"},
		// The store is given its place before it starts. When it asks for one itself, it
		// may do so before the monitor told it the cluster's ID, and ends.
		{"osd_crush_update_on_start", "false"},
		{"osd_class_update_on_start", "false"},
		{"mon_allow_pool_size_one", "true"},
		{"mon_max_pg_per_osd", "1000"},
		// The gateway's own classes among them: without them it cannot keep a bucket.
		{"osd_class_load_list", "*"},
		{"osd_class_default_list", "*"},

		{"rgw_enable_apis", "s3, iam, sts, admin"},
		{"rgw_s3_auth_use_sts", "true"},
		{"rgw_sts_key", sessionKey},
		// The issuer of a test has a certificate of its own making.
		{"rgw_verify_ssl", "false"},
		{"rgw_curl_low_speed_time", fmt.Sprint(IssuerPatience.Seconds())},
	}
	var text strings.Builder
	text.WriteString("[global]\n")
	for _, s := range settings {
		fmt.Fprintf(&text, "%s = %s\n", s[0], s[1])
	}
	// Said to the monitor this would win over its address in mon_host.
	text.WriteString("[osd]\npublic_addr = 127.0.0.1\ncluster_addr = 127.0.0.1\n")
	return text.String()
}

// write makes the folders and ceph.conf.
func (l layout) write() error {
	for _, name := range []string{"mon", "osd", "rgw", "crash"} {
		if err := os.MkdirAll(l.in(name), 0o700); err != nil {
			return err
		}
	}
	return os.WriteFile(l.configFile(), []byte(l.config()), 0o600)
}
