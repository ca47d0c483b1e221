package apply

// Action is what was done to an object.
type Action string

// The actions.
const (
	// Unchanged: the object was as it should be, and nothing was sent.
	Unchanged Action = "unchanged"
	// Created: there was no such object.
	Created Action = "created"
	// Patched: some fields differed and were put back.
	Patched Action = "patched"
	// Recreated: a field that cannot be changed differed, so the object was deleted
	// and created again.
	Recreated Action = "recreated"
	// Removed: the object existed and should not.
	Removed Action = "removed"
)

// Outcome tells what was done to one object.
type Outcome struct {
	// Kind and Name identify the object within the Profile's namespace.
	Kind, Name string
	Action     Action
	// Fields are the differing parts, for example "labels" or "roleRef", when the
	// object was patched or recreated.
	Fields []string
}
