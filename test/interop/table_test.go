package interop

import "testing"

// The answers that a request gets.
const (
	admitted = true
	refused  = false
)

// row is one request that somebody makes of a pod in the room.
type row struct {
	// says is who asks what, in words.
	says    string
	request request
	answer  bool
	// because is what a reviewer would ask about next; empty when the room's text says it.
	because string
}

// section is all that is asked of one room.
type section struct {
	title string
	// about is what the reader has to know of the room.
	about string
	room  func() *room
	mesh  meshSettings
	rows  []row
}

// theTable is what docs/security.md shows.
func theTable() []section {
	return []section{
		ownersAndPods(), userNames(), probes(), idlenessChecks(), paths(), handedOverRoom(), sharedRoom(),
		noLongerSharedRoom(), groupsRoom(), accountsRoom(), prefixedRoom(), otherTrustDomain(), strictRoom(),
		additionalPolicy(), dryRun(),
	}
}

// TestRequests asks the engine everything in the table.
func TestRequests(t *testing.T) {
	engine := newEngine(t)
	for _, section := range theTable() {
		t.Run(section.title, func(t *testing.T) {
			rules := sidecarOf(t, section.room(), section.mesh)
			http, tcp := engine.open(t, withStandins(t, rules.http)), engine.open(t, withStandins(t, rules.tcp))
			for _, row := range section.rows {
				door := http
				if row.request.tcp {
					door = tcp
				}
				if got := door.admits(t, row.request.source, row.request.sent(t, rules)); got != row.answer {
					t.Errorf("%s: %s, want %s", row.says, inWords(got), inWords(row.answer))
				}
			}
		})
	}
}

func inWords(answer bool) string {
	if answer {
		return "admitted"
	}
	return "refused"
}
