package access

import "context"

// Person is who has signed in.
type Person struct {
	// Identity is the name that requests, commands and decisions bear, as the authorization document has it.
	Identity string
	// Groups are those that a service for sign-in says the person is in; none where a token says who it is.
	Groups []string
}

// person is the key of the [Person] of a context.
type person struct{}

// With returns a context of requests of p.
func With(ctx context.Context, p Person) context.Context { return context.WithValue(ctx, person{}, p) }

// standing is the key of what tells of a context whether its person has signed in still.
type standing struct{}

// Whether returns a context of requests that may take long: counts tells whether whom they are from has signed in still.
func Whether(ctx context.Context, counts func() bool) context.Context {
	return context.WithValue(ctx, standing{}, counts)
}

// Counts reports whether who a request is from has signed in still: who has signed out, or whose token was taken away, has not. What
// goes on for long asks this from time to time.
func Counts(ctx context.Context) bool {
	counts, is := ctx.Value(standing{}).(func() bool)
	return !is || counts()
}

// Of is who a request is from; false where nobody has signed in.
func Of(ctx context.Context) (Person, bool) {
	p, is := ctx.Value(person{}).(Person)
	return p, is
}
