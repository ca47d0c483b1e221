package namespacelabels

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// follow opens the file, follows it, and returns a function that waits for the next
// change and tells whether the labels differ.
func follow(t *testing.T, path string) (*File, func() bool) {
	t.Helper()
	file := Open(path)
	changes := make(chan bool, 16)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- file.Follow(ctx, func(labelsDiffer bool) { changes <- labelsDiffer }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Follow returned %v", err)
		}
	})
	return file, func() bool {
		select {
		case differ := <-changes:
			return differ
		case <-time.After(10 * time.Second):
			t.Fatal("no change was noticed")
			return false
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	// A rename is one change; writing in place would be seen half done.
	if err := os.WriteFile(path+".new", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func wantLabels(t *testing.T, file *File, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, file.Labels()); diff != "" {
		t.Errorf("labels in force differ (-want +got):\n%s", diff)
	}
}

func TestABrokenFileKeepsTheLastGoodLabels(t *testing.T) {
	path := filepath.Join(t.TempDir(), "labels.yaml")
	write(t, path, "a: b\n")
	file, next := follow(t, path)
	good := map[string]string{"a": "b"}
	wantLabels(t, file, good)

	write(t, path, "a: [\n")
	if next() {
		t.Error("a broken file is told as other labels")
	}
	wantLabels(t, file, good)
	if file.Broken() == "" {
		t.Error("the broken file is not called broken")
	}

	write(t, path, "a: c\n")
	if !next() {
		t.Error("the corrected file is not told as other labels")
	}
	wantLabels(t, file, map[string]string{"a": "c"})
	if file.Broken() != "" {
		t.Errorf("the corrected file is called broken: %s", file.Broken())
	}
}

// TestConfigMapSwap changes the file as the kubelet does: the file is a link into a
// folder that is itself a link, and only the latter is replaced.
func TestConfigMapSwap(t *testing.T) {
	mount := t.TempDir()
	for version, content := range map[string]string{"..v1": "a: one\n", "..v2": "a: two\n"} {
		if err := os.Mkdir(filepath.Join(mount, version), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(mount, version, "labels.yaml"), content)
	}
	link(t, "..v1", filepath.Join(mount, "..data"))
	link(t, filepath.Join("..data", "labels.yaml"), filepath.Join(mount, "labels.yaml"))
	file, next := follow(t, filepath.Join(mount, "labels.yaml"))
	wantLabels(t, file, map[string]string{"a": "one"})

	link(t, "..v2", filepath.Join(mount, "..data_tmp"))
	if err := os.Rename(filepath.Join(mount, "..data_tmp"), filepath.Join(mount, "..data")); err != nil {
		t.Fatal(err)
	}
	if !next() {
		t.Error("the swap is not told as other labels")
	}
	wantLabels(t, file, map[string]string{"a": "two"})
}

func link(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}

func TestAFileAndItsFolderMayAppearLater(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "not", "yet")
	path := filepath.Join(folder, "labels.yaml")
	file, next := follow(t, path)
	if file.Broken() == "" {
		t.Error("a missing file is not called broken")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, path, "a: b\n")
	if !next() {
		t.Error("the file that appeared is not told as other labels")
	}
	wantLabels(t, file, map[string]string{"a": "b"})
}
