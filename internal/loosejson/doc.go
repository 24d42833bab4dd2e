// Package loosejson reads and writes JSON as cloud platforms send and take it, for the clients of their APIs.
//
// It forgives what platforms vary on: a number, boolean or text may arrive as any of the three,
// null, an empty text, "N/A" and absent members leave the zero value, member names match in any
// case when they match in no exact way, an object or list where a text is expected is kept as
// its JSON text and the reverse, and a list may be wrapped in an object with one member.
// Members without a field are kept in the field Unknown, if there is one, together with times
// and JSON texts that cannot be read. What else cannot be understood without guessing is an
// error.
//
// Beside the tag json, fields may have the tag wire: seconds for a time in epoch seconds where
// a number alone would mean milliseconds, text for a field whose JSON travels as a text; and the tag also,
// which names another member that is read where the one of the tag json is absent.
package loosejson
