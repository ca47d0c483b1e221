package awsirsa

import (
	"time"

	"github.com/kfprofiles/kfprofiles/internal/plugin/edits"
)

// DefaultTiming is what a controller uses. IAM says of itself only that it is eventually
// consistent; in practice that is seconds.
func DefaultTiming() edits.Timing {
	timing := edits.DefaultTiming()
	timing.Settle = 10 * time.Second
	timing.Hold = timing.Settle
	timing.Reread = 500 * time.Millisecond
	return timing
}
