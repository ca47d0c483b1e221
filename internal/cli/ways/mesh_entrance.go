package ways

import (
	"slices"
	"strings"
)

// entrance is whom a rule lets in, and on which conditions.
type entrance struct {
	who    string
	admits func(Caller) bool
	// throughGateway tells that the requests must come through the gateway.
	throughGateway bool
	// only are the conditions besides, and remark is what is odd about it.
	only   []string
	remark string
}

// entrances reads one alternative of a rule in a namespace: the demand that says most about who
// is calling names them, and the others are conditions.
func (m meshConventions) entrances(demands []demand, namespace string) []entrance {
	telling := m.telling(demands)
	var rest entrance
	for i, d := range demands {
		if i == telling {
			d.is = nil
		} else if m.isJustGateways(d) {
			rest.throughGateway = true
			continue
		}
		if text := d.text(); text != "" {
			rest.only = append(rest.only, text)
		}
	}
	if telling < 0 {
		rest.who, rest.admits = "anybody", func(Caller) bool { return true }
		if len(rest.only) > 0 {
			rest.who = "whoever meets the conditions"
		}
		return []entrance{rest}
	}
	if m.isUser(demands[telling].key) && len(demands) == 1 {
		rest.remark = "whoever reaches the pods may claim this name: no gateway is asked for"
	}
	var all []entrance
	for _, value := range demands[telling].is {
		all = append(all, m.admit(rest, demands[telling].key, value, namespace))
	}
	return all
}

// telling is which demand says most about who is calling, or -1.
func (m meshConventions) telling(demands []demand) int {
	for _, says := range []func(key string) bool{m.isUser, m.isGroup, m.isPerson, isKey(principalKey), isKey(accountKey), isKey(namespaceKey)} {
		if i := slices.IndexFunc(demands, func(d demand) bool { return len(d.is) > 0 && says(d.key) }); i >= 0 {
			return i
		}
	}
	return -1
}

func isKey(wanted string) func(string) bool { return func(key string) bool { return key == wanted } }

// isPerson tells whether a condition is about who sends a request, and not which program
// brings it.
func (m meshConventions) isPerson(key string) bool {
	return m.isUser(key) || m.isGroup(key) || key == tokenKey || isClaim(key)
}

func isClaim(key string) bool { return strings.HasPrefix(key, "request.auth.claims[") }

func (m meshConventions) isJustGateways(d demand) bool {
	others := func(principal string) bool { return !slices.Contains(m.gateways, principal) }
	return d.key == principalKey && len(d.not) == 0 && !slices.ContainsFunc(d.is, others)
}

// throughEntry is the remark about a rule that admits an ingress gateway, whomever it brings.
const throughEntry = "the gateway is among them, and brings everybody's requests"

// admit completes an entrance with those whom a value of a demand stands for.
func (m meshConventions) admit(e entrance, key, value, namespace string) entrance {
	switch {
	case m.isUser(key):
		e.who, e.admits = value, func(c Caller) bool { return m.names(value, c.user) }
		if value == anyValue {
			e.who = "every user"
		}
	case m.isGroup(key):
		e.who, e.admits = "Group:"+value, func(c Caller) bool {
			return slices.ContainsFunc(c.groups, func(group string) bool { return matches(value, group) })
		}
	case key == tokenKey:
		e.who, e.admits = key+"="+value, func(c Caller) bool { return isTokenOf(value, c.user) }
	case isClaim(key):
		e.who, e.admits = key+"="+value, func(c Caller) bool { return value == anyValue || c.user != "" && matches(value, c.user) }
	case key == principalKey:
		e.who, e.admits = "program "+value, m.programs(m.isEntry(value), func(ns, name string) bool { return m.isProgram(value, ns, name) })
		e = e.remarkIf(m.isEntry(value))
	case key == accountKey:
		account := value
		if !strings.Contains(account, "/") {
			account = namespace + "/" + account
		}
		e.who, e.admits = "ServiceAccount:"+account, m.programs(false, func(ns, name string) bool { return account == ns+"/"+name })
	default:
		e.who, e.admits = "pods of namespace "+value, m.programs(m.hasEntry(value), func(ns, _ string) bool { return matches(value, ns) })
		e = e.remarkIf(m.hasEntry(value))
	}
	return e
}

func (e entrance) remarkIf(entry bool) entrance {
	if entry {
		e.remark = throughEntry
	}
	return e
}

// programs admits the pods of service accounts, and everybody where an ingress gateway is
// among them.
func (m meshConventions) programs(entry bool, are func(namespace, name string) bool) func(Caller) bool {
	return func(c Caller) bool {
		namespace, name, is := c.account()
		return entry || is && are(namespace, name)
	}
}

// isTokenOf tells whether a value for the issuer and the subject of a token, maybe a pattern,
// can be a user's: nobody here knows the issuers.
func isTokenOf(value, user string) bool {
	switch {
	case strings.HasPrefix(value, "*"):
		return value == anyValue || user != "" && strings.HasSuffix("/"+user, value[1:])
	case strings.HasSuffix(value, "*"):
		return true
	default:
		return user != "" && strings.HasSuffix(value, "/"+user)
	}
}
