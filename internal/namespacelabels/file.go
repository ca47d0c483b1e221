package namespacelabels

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// File holds the labels of one file and follows its changes. While the file cannot
// be used, the labels that were last read well stay in force; before that there are
// none.
type File struct {
	path string

	mu     sync.RWMutex
	labels map[string]string
	broken string
}

// Open reads the file at path. A file that cannot be used is no reason to stop: Broken
// says what is wrong with it, and Follow waits for it to become usable.
func Open(path string) *File {
	f := &File{path: path}
	f.load()
	return f
}

// Labels returns the labels in force, from key to value; an empty value means that
// the key is to be removed. The map must not be changed.
func (f *File) Labels() map[string]string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.labels
}

// Broken returns why the file cannot be used, or the empty string.
func (f *File) Broken() string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.broken
}

// Follow calls changed, one call at a time, whenever the labels in force or what is
// wrong with the file changed, and says whether the labels did. It returns when ctx
// ends, or with an error when the system refuses to watch files.
func (f *File) Follow(ctx context.Context, changed func(labelsDiffer bool)) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch %s: %w", f.path, err)
	}
	defer watcher.Close()
	if err := f.follow(ctx, watcher, changed); err != nil {
		return fmt.Errorf("watch %s: %w", f.path, err)
	}
	return nil
}

// follow watches the folder and not the file, since the swap of a ConfigMap's link
// shows only there.
func (f *File) follow(ctx context.Context, watcher *fsnotify.Watcher, changed func(labelsDiffer bool)) error {
	if err := watchNearestFolder(watcher, filepath.Dir(f.path)); err != nil {
		return err
	}
	for {
		before := f.Broken()
		if labelsDiffer := f.load(); labelsDiffer || f.Broken() != before {
			changed(labelsDiffer)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-watcher.Events:
			if err := watchNearestFolder(watcher, filepath.Dir(f.path)); err != nil {
				return err
			}
		case err := <-watcher.Errors:
			// An overflow means that events were lost; reading again makes up for them.
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return err
			}
		}
	}
}

// watchNearestFolder watches folder, or the nearest one above it that exists, in
// which the missing one would appear. A folder that appears while this looks further up
// would be missed, so it looks again until the answer stays the same.
func watchNearestFolder(watcher *fsnotify.Watcher, folder string) error {
	for watched := ""; ; {
		nearest, err := addNearest(watcher, folder)
		if err != nil || nearest == folder || nearest == watched {
			return err
		}
		watched = nearest
	}
}

func addNearest(watcher *fsnotify.Watcher, folder string) (string, error) {
	for {
		err := watcher.Add(folder)
		parent := filepath.Dir(folder)
		if !errors.Is(err, fs.ErrNotExist) || parent == folder {
			return folder, err
		}
		folder = parent
	}
}

// load reads the file and reports whether the labels in force are now others.
func (f *File) load() bool {
	labels, err := read(f.path)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.broken = err.Error()
		return false
	}
	before := f.labels
	f.labels, f.broken = labels, ""
	return !maps.Equal(before, labels)
}

func read(path string) (map[string]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	labels, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return labels, nil
}
