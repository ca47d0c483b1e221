package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
)

// warnings shows what the API server and its admission policies warn of, each warning once.
type warnings struct {
	out   io.Writer
	mutex sync.Mutex
	shown []string
}

// aboutFinalizer begins what the API server says of each Profile that is written: that the finalizer's name
// has no domain. The name is fixed by compatibility, so nobody can do anything about it.
const aboutFinalizer = `metadata.finalizers: "` + profilev1.ProfileFinalizer + `": `

// miscellaneous is the code of all warnings of API servers.
const miscellaneous = 299

// HandleWarningHeaderWithContext is called for each warning that comes with an answer.
func (w *warnings) HandleWarningHeaderWithContext(_ context.Context, code int, _, text string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if code != miscellaneous || text == "" || strings.HasPrefix(text, aboutFinalizer) || slices.Contains(w.shown, text) {
		return
	}
	w.shown = append(w.shown, text)
	fmt.Fprintln(w.out, "Warning:", plain.Text(text))
}
