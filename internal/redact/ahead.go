package redact

import "slices"

// ahead is what is looked for before a document is gone through: a member "value" is a secret
// also where the "name" that says so comes behind it.
type ahead struct {
	// values are where the first members "value" of the objects begin that the walker is in.
	values []int
	// found are those whose object has the name of a secret, in the order of the document.
	found []int
}

// hasValue tells that the object has a member "value". What is looked for in advance does not
// need the place of the flag otherwise.
const hasValue = saidSecret

// lookAhead finds the objects that have the name of a secret behind a value.
func (w *walker) lookAhead() {
	w.begin()
	w.ahead.values, w.ahead.found = w.ahead.values[:0], w.ahead.found[:0]
	for {
		top := w.top()
		t := w.next(top&isObject != 0, len(w.levels))
		switch {
		case t.kind == none:
			slices.Sort(w.ahead.found)
			return
		case t.kind == open:
			w.levels = append(w.levels, w.inside(t))
			continue
		case t.kind == shut:
			if top&hasValue != 0 {
				w.ahead.values = w.ahead.values[:len(w.ahead.values)-1]
			}
			w.levels = w.levels[:len(w.levels)-1]
		case t.kind == text && top&(isObject|isNamed) == isObject:
			w.set(w.nameAhead(t))
			continue
		case t.kind == text && top&(nameIsName|hasValue) == nameIsName|hasValue && isSecret(w.unescape(t)):
			w.ahead.found = append(w.ahead.found, w.ahead.values[len(w.ahead.values)-1])
		}
		w.set(w.top() &^ isNamed)
	}
}

// nameAhead is what is known of an object behind the name of a member.
func (w *walker) nameAhead(t token) level {
	top := w.top()&^ofMember | isNamed
	switch string(w.unescape(t)) {
	case "name":
		top |= nameIsName
	case "value":
		if top&hasValue == 0 {
			w.ahead.values = append(w.ahead.values, t.begin)
		}
		top |= hasValue
	}
	return top
}

// saidBehind reports whether the name of a secret comes behind the "value" that begins here.
func (a *ahead) saidBehind(begin int) bool {
	_, found := slices.BinarySearch(a.found, begin)
	return found
}
