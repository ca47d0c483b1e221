package trustpolicy

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

// writer draws the spelling of a JSON document: white space and escapes.
type writer struct{ t *rapid.T }

func (w writer) space() string {
	return rapid.SampledFrom([]string{"", "", "", " ", "\n  ", "\t", "\r\n"}).Draw(w.t, "space")
}

func (w writer) text(s string) string {
	if s == "" || !rapid.SampledFrom([]bool{false, false, false, false, true}).Draw(w.t, "escape") {
		return `"` + s + `"`
	}
	at := rapid.IntRange(0, len(s)-1).Draw(w.t, "at")
	return fmt.Sprintf(`"%s\u%04x%s"`, s[:at], s[at], s[at+1:])
}

func (w writer) object(members ...[2]string) string {
	written := make([]string, 0, len(members))
	for _, m := range members {
		written = append(written, w.space()+w.text(m[0])+w.space()+":"+w.space()+m[1]+w.space())
	}
	return "{" + strings.Join(written, ",") + w.space() + "}"
}

func (w writer) list(items ...string) string {
	written := make([]string, 0, len(items))
	for _, item := range items {
		written = append(written, w.space()+item+w.space())
	}
	return "[" + strings.Join(written, ",") + w.space() + "]"
}

// oneOrMany writes values as IAM allows it: one value may stand for a list of one.
func (w writer) oneOrMany(values ...string) string {
	written := make([]string, 0, len(values))
	for _, value := range values {
		if value == "true" || value == "1.50e1" {
			written = append(written, value)
			continue
		}
		written = append(written, w.text(value))
	}
	if len(written) == 1 && rapid.Bool().Draw(w.t, "single") {
		return written[0]
	}
	return w.list(written...)
}

// pick draws several different values, the first of them most often.
func (w writer) pick(label string, low, high int, from ...string) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), low, high, rapid.ID[string]).Draw(w.t, label)
}

// often repeats the usual values, so that most of what is drawn is of the kind that the
// editor has to do with.
func often(times int, usual []string, rare ...string) []string {
	var all []string
	for range times {
		all = append(all, usual...)
	}
	return append(all, rare...)
}

var (
	someSubjects = []string{
		alice, alice, bob, bob, carol, runner, Nobody, Nobody, "system:serviceaccount:team-*:default-editor",
		"system:serviceaccount:?lice:*", "system:serviceaccount:*:*", "*", "${" + ours.Issuer + ":sub}", "a${*}b", "system:${aws:username}*", "true", "1.50e1",
	}
	someAudiences = []string{DefaultAudience, DefaultAudience, DefaultAudience, "x", "sts.*", "*"}
	someOperators = often(3, []string{"StringEquals", "StringLike"},
		"stringEQUALS", "STRINGLIKE", "ForAnyValue:StringEquals", "ForAnyValue:StringLike", "ForAllValues:StringEquals",
		"StringEqualsIfExists", "ForAllValues:StringLikeIfExists", "foranyvalue:stringequalsIFEXISTS",
		"StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase", "Null", "Sometimes")
	someFurther = [][3]string{
		{"IpAddress", "aws:SourceIp", "192.0.2.0/24"}, {"Bool", "aws:SecureTransport", "true"},
		{"StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"}, {"StringLike", ours.Issuer + ":amr", "x*"},
		{"StringEquals", theirs.Issuer + ":sub", alice}, {"StringEqualsIfExists", theirs.Issuer + ":aud", "x"},
	}
)

// condition draws a Condition, mostly one on the audience and one on the subject.
func (w writer) condition() string {
	blocks := map[string][][2]string{}
	var order []string
	add := func(operator, key, values string) {
		if _, ok := blocks[trusteval.FoldCase(operator)]; !ok {
			order = append(order, operator)
		}
		for _, m := range blocks[trusteval.FoldCase(operator)] {
			if trusteval.FoldCase(m[0]) == trusteval.FoldCase(key) {
				return
			}
		}
		blocks[trusteval.FoldCase(operator)] = append(blocks[trusteval.FoldCase(operator)], [2]string{key, values})
	}
	for range rapid.SampledFrom([]int{0, 1, 1, 1, 1, 2}).Draw(w.t, "audience conditions") {
		add(w.operator(), w.key(":aud"), w.oneOrMany(w.pick("audiences", 0, 2, someAudiences...)...))
	}
	for range rapid.SampledFrom([]int{0, 0, 1, 1, 1, 1, 2}).Draw(w.t, "subject conditions") {
		add(w.operator(), w.key(":sub"), w.oneOrMany(w.pick("subjects", 0, 3, someSubjects...)...))
	}
	if rapid.IntRange(0, 5).Draw(w.t, "further") == 0 {
		further := rapid.SampledFrom(someFurther).Draw(w.t, "further condition")
		add(further[0], further[1], w.oneOrMany(further[2]))
	}
	members := make([][2]string, 0, len(order))
	for _, operator := range rapid.Permutation(order).Draw(w.t, "order") {
		members = append(members, [2]string{operator, w.object(blocks[trusteval.FoldCase(operator)]...)})
	}
	return w.object(members...)
}

func (w writer) operator() string { return rapid.SampledFrom(someOperators).Draw(w.t, "operator") }

func (w writer) key(claim string) string {
	key := ours.Issuer + claim
	return rapid.SampledFrom([]string{key, key, key, trusteval.FoldCase(key), strings.ToUpper(key)}).Draw(w.t, "key")
}

// principal draws who a statement is for, mostly ours alone.
func (w writer) principal() [2]string {
	if rapid.Bool().Draw(w.t, "ours alone") {
		return [2]string{"Principal", w.federated(ours.ARN)}
	}
	return w.otherPrincipal()
}

func (w writer) federated(arns ...string) string {
	return w.object([2]string{"Federated", w.oneOrMany(arns...)})
}

func (w writer) otherPrincipal() [2]string {
	switch rapid.IntRange(0, 8).Draw(w.t, "principal") {
	case 0:
		return [2]string{"Principal", w.federated(ours.ARN, theirs.ARN)}
	case 1:
		return [2]string{"Principal", w.federated(theirs.ARN, ours.ARN)}
	case 2:
		return [2]string{"Principal", w.federated(theirs.ARN)}
	case 3:
		return [2]string{"Principal", w.federated(abroad.ARN)}
	case 4:
		return [2]string{"Principal", w.text("*")}
	case 5:
		return [2]string{"Principal", w.object([2]string{"AWS", w.oneOrMany("*")})}
	case 6:
		return [2]string{"Principal", w.object([2]string{"Service", w.oneOrMany("ec2.amazonaws.com")}, [2]string{"Federated", w.oneOrMany(ours.ARN)})}
	case 7:
		return [2]string{"NotPrincipal", w.federated(theirs.ARN)}
	default:
		return [2]string{"NotPrincipal", w.federated(ours.ARN)}
	}
}

func (w writer) action() [2]string {
	name := "Action"
	if rapid.IntRange(0, 15).Draw(w.t, "negated") == 0 {
		name = "NotAction"
	}
	action := rapid.SampledFrom(often(4, []string{webIdentityAction}, "STS:assumerolewithwebidentity", "sts:*", "*", "sts:AssumeRole")).Draw(w.t, "action")
	if rapid.IntRange(0, 2).Draw(w.t, "more actions") == 0 {
		return [2]string{name, w.oneOrMany("sts:TagSession", action)}
	}
	return [2]string{name, w.oneOrMany(action)}
}

func (w writer) statement(i int) string {
	switch rapid.IntRange(0, 9).Draw(w.t, "kind") {
	case 0, 1:
		return w.own(i)
	case 2, 3, 4, 5, 6:
		return w.nearlyPlain()
	}
	effect := rapid.SampledFrom([]string{"Allow", "Allow", "Allow", "Allow", "Allow", "Deny", "allow"}).Draw(w.t, "effect")
	members := [][2]string{{"Effect", w.text(effect)}, w.principal(), w.action()}
	if rapid.IntRange(0, 6).Draw(w.t, "conditions") > 0 {
		members = append(members, [2]string{"Condition", w.condition()})
	}
	if rapid.Bool().Draw(w.t, "sid") {
		members = append(members, [2]string{"Sid", w.text(rapid.SampledFrom([]string{fmt.Sprint("S", i), ourSid, ""}).Draw(w.t, "sid text"))})
	}
	if rapid.IntRange(0, 10).Draw(w.t, "unknown") == 0 {
		name := rapid.SampledFrom([]string{"Comment", "condition", "Resource"}).Draw(w.t, "unknown element")
		members = append(members, [2]string{name, `{"x":[1.0,"é",{}]}`})
	}
	return w.object(rapid.Permutation(members).Draw(w.t, "members")...)
}

// nearlyPlain writes a statement that could be joined or closed, but for one thing or two.
func (w writer) nearlyPlain() string {
	principal, action := [2]string{"Principal", `{"Federated":"` + ours.ARN + `"}`}, [2]string{"Action", w.text(webIdentityAction)}
	blocks := map[string][][2]string{}
	operators := []string{"StringEquals"}
	put := func(operator, key, values string) {
		if !slices.Contains(operators, operator) {
			operators = append(operators, operator)
		}
		blocks[operator] = append(blocks[operator], [2]string{key, values})
	}
	audience := func() string { return w.oneOrMany(DefaultAudience) }
	subjects := func() string { return w.oneOrMany(w.pick("subjects", 1, 3, alice, bob, carol, Nobody)...) }
	subOperator, audOperator := "StringEquals", "StringEquals"
	var extra [][2]string
	things := rapid.SliceOfNDistinct(rapid.IntRange(0, 11), 0, 2, rapid.ID[int]).Draw(w.t, "things")
	for _, thing := range things {
		switch thing {
		case 0:
			principal = w.otherPrincipal()
		case 1:
			action = w.action()
		case 2:
			audOperator = w.operator()
		case 3:
			subOperator = w.operator()
		case 4:
			audience = func() string { return w.oneOrMany(w.pick("audiences", 0, 2, someAudiences...)...) }
		case 5, 6:
			subjects = func() string { return w.oneOrMany(w.pick("some subjects", 0, 3, someSubjects...)...) }
		case 7:
			further := rapid.SampledFrom(someFurther).Draw(w.t, "further condition")
			put(further[0], further[1], w.oneOrMany(further[2]))
		case 8:
			extra = append(extra, [2]string{"Comment", `"x"`})
		case 9:
			put(rapid.SampledFrom([]string{"StringNotEquals", "ForAnyValue:StringLike"}).Draw(w.t, "second operator"), ours.Issuer+":sub",
				w.oneOrMany(w.pick("second subjects", 1, 2, alice, bob, carol)...))
		}
	}
	if !slices.Contains(things, 10) && !slices.Contains(things, 11) {
		put(subOperator, ours.Issuer+":sub", subjects())
	}
	if rapid.IntRange(0, 4).Draw(w.t, "no audience") > 0 {
		put(audOperator, ours.Issuer+":aud", audience())
	}
	members := make([][2]string, 0, len(operators))
	for _, operator := range operators {
		members = append(members, [2]string{operator, w.object(uniqueFolded(blocks[operator])...)})
	}
	extra = append(extra, [2]string{"Effect", `"Allow"`}, principal, action, [2]string{"Condition", w.object(uniqueFolded(members)...)})
	return w.object(extra...)
}

// uniqueFolded drops members whose key stands there already, as it must not.
func uniqueFolded(members [][2]string) [][2]string {
	var seen []string
	return slices.DeleteFunc(members, func(m [2]string) bool {
		again := slices.Contains(seen, trusteval.FoldCase(m[0]))
		seen = append(seen, trusteval.FoldCase(m[0]))
		return again
	})
}

// own writes a statement of the form that Grant adds.
func (w writer) own(i int) string {
	sid := rapid.SampledFrom([]string{ourSid, fmt.Sprint(ourSid, i)}).Draw(w.t, "own sid")
	audience := rapid.SampledFrom(someAudiences[:4]).Draw(w.t, "own audience")
	subjects := w.pick("own subjects", 1, 3, alice, bob, carol, Nobody)
	return w.object([2]string{"Sid", w.text(sid)}, [2]string{"Effect", `"Allow"`},
		[2]string{"Principal", w.object([2]string{"Federated", w.text(ours.ARN)})}, [2]string{"Action", w.text(webIdentityAction)},
		[2]string{"Condition", w.object([2]string{"StringEquals", w.object(
			[2]string{ours.Issuer + ":aud", w.text(audience)}, [2]string{ours.Issuer + ":sub", w.oneOrMany(subjects...)})})})
}

// drawPolicy draws a whole policy.
func drawPolicy(t *rapid.T) []byte {
	w := writer{t}
	statements := make([]string, rapid.SampledFrom([]int{0, 1, 1, 1, 2, 2, 3, 4}).Draw(t, "statements"))
	for i := range statements {
		statements[i] = w.statement(i)
	}
	statement := w.list(statements...)
	if len(statements) == 1 && rapid.Bool().Draw(t, "bare") {
		statement = statements[0]
	}
	members := [][2]string{{"Version", w.text("2012-10-17")}, {"Statement", statement}, {"Id", `"\u00e9"`}}
	return []byte(w.space() + w.object(rapid.Permutation(members).Draw(t, "elements")...) + w.space())
}

// drawSubjects draws what is granted or revoked.
func drawSubjects(t *rapid.T) []string {
	return rapid.SliceOfN(rapid.SampledFrom([]string{alice, bob, carol, Subject("team-a", "default-editor")}), 0, 3).Draw(t, "asked")
}

func drawAudience(t *rapid.T) string {
	return rapid.SampledFrom([]string{DefaultAudience, DefaultAudience, "x"}).Draw(t, "audience")
}
