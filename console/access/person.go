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

// Of is who a request is from; false where nobody has signed in.
func Of(ctx context.Context) (Person, bool) {
	p, is := ctx.Value(person{}).(Person)
	return p, is
}
