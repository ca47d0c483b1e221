package trusteval

import "encoding/json"

// Evaluation is a policy ready to judge.
type Evaluation struct{ statements []map[string]any }

// Evaluate reads a policy. One that is no JSON object admits nobody.
func Evaluate(policy []byte) Evaluation {
	var document map[string]any
	if err := json.Unmarshal(policy, &document); err != nil {
		return Evaluation{}
	}
	var e Evaluation
	for _, s := range OneOrMany(document["Statement"]) {
		if statement, ok := s.(map[string]any); ok {
			e.statements = append(e.statements, statement)
		}
	}
	return e
}

// Admits is IAM's answer: some statement Allows and none denies.
func (e Evaluation) Admits(id Identity) bool {
	return e.Allows(id) && !e.applies("Deny", id)
}

// Allows is the answer without regard to Deny.
func (e Evaluation) Allows(id Identity) bool { return e.applies("Allow", id) }

func (e Evaluation) applies(effect string, id Identity) bool {
	for _, statement := range e.statements {
		if statement["Effect"] == effect && statementApplies(statement, id) {
			return true
		}
	}
	return false
}

func statementApplies(statement map[string]any, id Identity) bool {
	if not, ok := statement["NotPrincipal"]; ok {
		if principalMatches(not, id) {
			return false
		}
	} else if !principalMatches(statement["Principal"], id) {
		return false
	}
	if not, ok := statement["NotAction"]; ok {
		if actionMatches(not, id) {
			return false
		}
	} else if !actionMatches(statement["Action"], id) {
		return false
	}
	return conditionHolds(statement["Condition"], id)
}

func principalMatches(principal any, id Identity) bool {
	if principal == "*" {
		return true
	}
	kinds, _ := principal.(map[string]any)
	for kind, values := range kinds {
		for _, value := range OneOrMany(values) {
			if value == "*" && (kind == "AWS" || kind == "Federated") || kind == "Federated" && value == id.Provider {
				return true
			}
		}
	}
	return false
}

func actionMatches(actions any, id Identity) bool {
	wanted := "sts:assumerolewithwebidentity"
	if id.Action != "" {
		wanted = FoldCase(id.Action)
	}
	for _, action := range OneOrMany(actions) {
		if Like(FoldCase(Spelled(action)), wanted) {
			return true
		}
	}
	return false
}
