package trustpolicy

import (
	"strings"
	"testing"
)

func TestSize(t *testing.T) {
	tests := map[string]struct {
		policy string
		want   int
	}{
		"nothing":                   {"", 0},
		"white space between":       {" {\r\n\t\"a\" : [ 1 , 2 ] }\n", 11},
		"white space inside counts": {`{"a b":"c	d"}`, 13},
		"an escaped quote":          {`{"a\" ":1 }`, 10},
		"an escaped backslash":      {`{"a\\": 1}`, 9},
		"an escape as it is spelt":  {`{"\u003a":1}`, 12},
		"characters, not bytes":     {`{"é€": 1}`, 8},
		"cut off in an escape":      {`"\`, 2},
	}
	for name, test := range tests {
		if got := Size([]byte(test.policy)); got != test.want {
			t.Errorf("%s: Size = %d, want %d", name, got, test.want)
		}
	}
}

// TestRoom fills real-shaped policies to the limit, one subject at a time.
func TestRoom(t *testing.T) {
	const length = 40
	for name, policy := range allRealShaped(t) {
		limit := max(DefaultSizeLimit, Size([]byte(policy))+600)
		room, err := Room([]byte(policy), ours, DefaultAudience, limit, length)
		if err != nil {
			t.Fatal(err)
		}
		full := []byte(policy)
		for n := range room + 1 {
			if size := Size(full); size > limit {
				t.Fatalf("%s: %d characters after %d subjects, of %d that fit", name, size, n, room)
			}
			if full, err = Grant(full, ours, DefaultAudience, []string{numbered(n, length)}); err != nil {
				t.Fatal(err)
			}
		}
		if size := Size(full); size <= limit {
			t.Errorf("%s: one more than %d subjects still fits: %d characters", name, room, size)
		}
		if room < 2 {
			t.Errorf("%s: only %d subjects fit, so this checks too little", name, room)
		}
	}
}

// numbered returns a distinct subject of a length, one that no pattern in testdata covers.
func numbered(n, length int) string {
	number := string([]byte{'a' + byte(n/26), 'a' + byte(n%26)})
	return subjectPrefix + number + ":" + strings.Repeat("x", length-len(subjectPrefix)-3)
}

func TestRoomAtTheEdge(t *testing.T) {
	policy := when(`"StringEquals":{AUD:STS,SUB:[BOB]}`)
	size := Size([]byte(policy))
	cost := len(alice) + 3
	for _, test := range []struct{ limit, want int }{
		{0, 0}, {size, 0}, {size + cost - 1, 0}, {size + cost, 1}, {size + 2*cost - 1, 1},
		{size + 2*cost, 2}, {size + 3*cost - 1, 2}, {size + 3*cost, 3}, {size + 100*cost, 100},
	} {
		if got, err := Room([]byte(policy), ours, DefaultAudience, test.limit, len(alice)); err != nil || got != test.want {
			t.Errorf("Room up to %d = %d, %v; want %d", test.limit, got, err, test.want)
		}
	}
}

// TestRoomUnderAPattern counts as if each subject had to be written, because the pattern
// may go.
func TestRoomUnderAPattern(t *testing.T) {
	policy := when(`"StringLike":{AUD:STS,SUB:"*"}`)
	room, err := Room([]byte(policy), ours, DefaultAudience, DefaultSizeLimit, len(alice))
	if err != nil || room < 10 || room > 60 {
		t.Errorf("Room = %d, %v", room, err)
	}
}
