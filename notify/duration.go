package notify

import (
	"fmt"
	"strings"
	"time"
)

// unit is a unit of time with its name for one and for several.
type unit struct {
	length    time.Duration
	one, many string
}

func unitsOf(l Language) []unit {
	if l == Chinese {
		return []unit{{24 * time.Hour, "天", "天"}, {time.Hour, "小时", "小时"}, {time.Minute, "分钟", "分钟"}, {time.Second, "秒", "秒"}}
	}
	return []unit{{24 * time.Hour, "day", "days"}, {time.Hour, "hour", "hours"}, {time.Minute, "minute", "minutes"}, {time.Second, "second", "seconds"}}
}

// duration says how long something has lasted, by the two largest units that it has.
func duration(l Language, d time.Duration) string {
	var parts []string
	for _, u := range unitsOf(l) {
		n := int64(d / u.length)
		if d %= u.length; n == 0 {
			continue
		}
		name := u.many
		if n == 1 {
			name = u.one
		}
		if parts = append(parts, fmt.Sprintf("%d %s", n, name)); len(parts) == 2 {
			break
		}
	}
	return strings.Join(parts, " ")
}
