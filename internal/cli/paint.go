package cli

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// sign is a mark in front of a line, and its colour on a terminal.
type sign struct{ text, colour string }

var (
	good    = sign{"✓", "\x1b[32m"}
	bad     = sign{"✗", "\x1b[31m"}
	unknown = sign{"…", "\x1b[33m"}
)

// paint returns the sign, in colour when a person looks.
func (s sign) paint(terminal bool) string {
	if !terminal {
		return s.text
	}
	return s.colour + s.text + "\x1b[0m"
}

// mark is how a condition's status looks in front of a line.
func (e *Environment) mark(status metav1.ConditionStatus) string {
	return signOf(status).paint(e.Terminal)
}

func signOf(status metav1.ConditionStatus) sign {
	switch status {
	case metav1.ConditionTrue:
		return good
	case metav1.ConditionFalse:
		return bad
	default:
		return unknown
	}
}
