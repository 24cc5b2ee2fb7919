package generator

// The names lock at work: what would change or vanish is told, dropped constants and types come back into the IR, and
// new names are added to the lock.

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// lockNames holds the IR to the lock: it completes both, and returns what is to be told.
func lockNames(api *API, l *namesLock) (warnings []string, err error) {
	now := lockOf(api)
	k := &keeper{api: api, lock: l, now: now, types: map[string]*Type{}, fresh: map[string]bool{}}
	maps.Copy(k.types, api.Runtime)
	for _, t := range api.Types {
		k.types[t.Name] = t
		k.fresh[t.Name] = len(l.placesOf(t.Name)) == 0
	}
	k.names(l.operations, now.operations, k.operationChanged, k.operationGone)
	k.keepEnums()
	k.keepRetired()
	k.names(l.types, now.types, k.typeChanged, k.typeGone)
	for _, name := range sortedKeys(l.values) {
		k.keepValues(name)
	}
	k.prune()
	sortTypes(api.Types)
	if len(k.problems) > 0 {
		return nil, joinSorted(k.problems)
	}
	return byLine(k.warnings), nil
}

type keeper struct {
	api       *API
	lock, now *namesLock
	types     map[string]*Type // of the IR, kept ones included
	fresh     map[string]bool  // types that the lock did not know
	warnings  []string
	problems  []error
}

func (k *keeper) warn(where, format string, args ...any) {
	if where == "" {
		where = k.lock.name
	}
	k.warnings = append(k.warnings, fmt.Sprintf("%s: %s", where, fmt.Sprintf(format, args...)))
}

// names compares one section with what is there now. A key that is gone leaves the lock when its name lives on.
func (k *keeper) names(before, now map[string]locked, changed func(key string, old locked, name string), gone func(key string, old locked)) {
	alive := map[string]bool{}
	for _, n := range now {
		alive[n.name] = true
	}
	for _, key := range sortedKeys(before) {
		old := before[key]
		switch n, there := now[key]; {
		case there && n.name != old.name:
			changed(key, old, n.name)
		case there:
		case alive[old.name]:
			delete(before, key)
		default:
			gone(key, old)
		}
	}
	for key, n := range now {
		if _, known := before[key]; !known {
			before[key] = n
		}
	}
}

func (k *keeper) operationChanged(id string, old locked, name string) {
	service, method, _ := cutLast(old.name)
	k.warn(old.where, "%s: the method of operation %s is called %s now; keep it with x-fapigen: {service: %s, method: %s} in overlays/names.yaml, or delete this line",
		old.name, id, name, service, method)
}

func (k *keeper) operationGone(id string, old locked) {
	k.warn(old.where, "%s: operation %s is gone, and the method with it; delete this line when users know", old.name, id)
}

func cutLast(name string) (service, method string, ok bool) {
	i := strings.LastIndex(name, ".")
	if i < 0 {
		return "", name, false
	}
	return name[:i], name[i+1:], true
}

func (k *keeper) typeChanged(place string, old locked, name string) {
	k.warn(old.where, "%s: the type at %s is called %s now; keep it with x-fapigen: {name: %s} there in overlays/names.yaml, or delete this line",
		old.name, place, name, old.name)
}

func (k *keeper) typeGone(place string, old locked) {
	t := k.types[old.name]
	if t == nil {
		k.warn(old.where, "%s: the schema at %s is gone, and the type with it%s; delete this line when users know", old.name, place, k.renamed(old.name))
		return
	}
	if hint := k.renamed(old.name); hint != "" && t.Doc.Retired {
		k.warn(old.where, "%s: the schema at %s is gone, the type is kept as deprecated%s", old.name, place, hint)
	}
}

// renamed is the hint that a new type is the one that vanished, by its properties or else by its name; "" for none.
func (k *keeper) renamed(name string) string {
	var fresh []string
	best, most := "", alike
	for _, t := range k.api.Types {
		if !k.fresh[t.Name] || t.Doc.Retired {
			continue
		}
		fresh = append(fresh, t.Name)
		if s := likeMembers(k.lock.members(name), membersOfType(t)); s >= most {
			best, most = t.Name, s
		}
	}
	if best = cmp.Or(best, nearest(name, fresh)); best == "" {
		return ""
	}
	return fmt.Sprintf("; it seems renamed to %s: x-fapigen: {name: %s} at %s in overlays/names.yaml keeps the name",
		best, name, lockPlace(k.types[best].From[0]))
}

// members are the wire names of a retired type's fields, or the values of an enum.
func (l *namesLock) members(name string) []string {
	members := sortedKeys(l.values[name])
	if t := l.retired[name]; t != nil {
		for _, f := range t.fields {
			members = append(members, f.wire)
		}
	}
	return members
}

func membersOfType(t *Type) []string {
	members := listedValues(t)
	for _, f := range t.Fields {
		members = append(members, f.Wire)
	}
	return members
}

// keepEnums gives back the enums whose list of values upstream dropped: the type stays, and so do the fields of it.
func (k *keeper) keepEnums() {
	for _, name := range sortedKeys(k.lock.values) {
		places := k.lock.placesOf(name)
		moved := slices.ContainsFunc(places, func(p string) bool { _, there := k.now.types[p]; return there })
		t := k.types[name]
		if t == nil && (moved || len(places) == 0) {
			continue // it has another name now, or was given up by hand
		}
		if t != nil && t.Kind != KindEnum {
			continue
		}
		if t == nil {
			t = &Type{Name: name, Kind: KindEnum, Where: k.lock.name, Doc: Doc{Retired: true}}
			for _, p := range places {
				t.From = append(t.From, lockPointer(p))
			}
		}
		for _, p := range places {
			if _, there := k.now.types[p]; !there && k.retype(lockPointer(p), t) {
				t.Doc.Retired = false // it is in use
				k.now.types[p] = locked{name: name}
			}
		}
		if k.types[name] == nil {
			k.add(t)
		}
	}
}

func (k *keeper) add(t *Type) {
	k.types[t.Name] = t
	k.api.Types = append(k.api.Types, t)
}

// retype gives the string at a place its named type back and tells whether there was one.
func (k *keeper) retype(pointer string, t *Type) bool {
	found := false
	owners := slices.Clone(k.api.Types)
	for _, o := range k.api.Operations() {
		if o.Params != nil {
			owners = append(owners, o.Params)
		}
	}
	for _, owner := range owners {
		for _, f := range owner.Fields {
			if retypeRef(&f.Type, f.At, pointer, t) {
				found = true
				t.Of = cmp.Or(t.Of, owner.Name+"."+f.Name)
			}
		}
	}
	return found
}

func retypeRef(r *Ref, at, pointer string, t *Type) bool {
	switch r.Kind {
	case RefBuiltin:
		if r.Name != "string" || at != pointer {
			return false
		}
		*r = named(t)
		return true
	case RefSlice:
		at += "/items"
	case RefMap:
		at += "/additionalProperties"
	case RefPointer:
	default:
		return false
	}
	elem := *r.Elem // another field may share it
	if !retypeRef(&elem, at, pointer, t) {
		return false
	}
	r.Elem = &elem
	return true
}

// keepValues gives an enum the constants back that its list has no longer.
func (k *keeper) keepValues(name string) {
	t, values := k.types[name], k.lock.values[name]
	if t == nil {
		return // told with the type
	}
	for _, wire := range sortedKeys(values) {
		old := values[wire]
		i := slices.IndexFunc(t.Values, func(v EnumValue) bool { return v.Wire == wire })
		j := slices.IndexFunc(t.Values, func(v EnumValue) bool { return v.Name == old.name })
		switch {
		case t.Kind != KindEnum:
			k.warn(old.where, "%s: %s is no list of values any more; delete this line when users know", old.name, name)
		case i >= 0 && t.Values[i].Name != old.name:
			k.warn(old.where, "%s: the constant for %q is called %s now; delete this line when users know", old.name, wire, t.Values[i].Name)
		case i < 0 && j >= 0:
			k.warn(old.where, "%s: its value was %q and is %q now; delete this line when users know", old.name, wire, t.Values[j].Wire)
		case i < 0:
			t.Values = append(t.Values, EnumValue{Name: old.name, Wire: wire, Retired: true})
		}
	}
	for _, v := range t.Values {
		if _, known := values[v.Wire]; !known {
			values[v.Wire] = locked{name: v.Name}
		}
	}
}

// prune drops what nothing leads to any more, and adds the enums that are new.
func (k *keeper) prune() {
	for name := range k.now.values {
		if k.lock.values[name] == nil {
			k.lock.values[name] = k.now.values[name]
		}
	}
	maps.DeleteFunc(k.lock.values, func(name string, values map[string]locked) bool {
		gone := k.types[name] == nil && len(k.lock.placesOf(name)) == 0
		if keys := sortedKeys(values); gone && len(keys) > 0 {
			k.warn(values[keys[0]].where, "%s: no line under types has it, and the description neither; its constants leave the lock", name)
		}
		return gone
	})
	maps.DeleteFunc(k.lock.retired, func(name string, _ *retiredType) bool {
		return k.types[name] == nil || !k.types[name].Doc.Retired
	})
}
