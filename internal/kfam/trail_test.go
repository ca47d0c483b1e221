package kfam

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestAttackALongNameStaysOutOfTheEvents has a name with which the API server would refuse the
// Event.
func TestAttackALongNameStaysOutOfTheEvents(t *testing.T) {
	for _, letter := range []string{"a", "ä", "ユ"} {
		long := note(Record{What: "edit for User " + strings.Repeat(letter, 1024), Who: "ann@example.com"})
		if len(long) > 1024 || len(long) < 1018 || !utf8.ValidString(long) || !strings.HasPrefix(long, "edit for User "+letter) || !strings.HasSuffix(long, letter+"...") {
			t.Errorf("the note has %d bytes: %q", len(long), long)
		}
	}
	if got := note(Record{What: "edit for User ben", Who: "ann"}); got != "edit for User ben, by ann" {
		t.Errorf("a short note is %q", got)
	}
}
