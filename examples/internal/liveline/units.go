package liveline

import (
	"fmt"
	"strconv"
)

// Count writes a number with its digits in groups: 1,234,567.
func Count[N int | int64 | uint64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Bytes writes a size in three or four digits and a binary unit: 12.3 MiB.
func Bytes[N int | int64 | float64](n N) string {
	size, unit := float64(n), 0
	units := [...]string{"B", "KiB", "MiB", "GiB", "TiB"}
	for size >= 1024 && unit < len(units)-1 {
		size /= 1024
		unit++
	}
	if unit == 0 {
		return fmt.Sprintf("%.0f B", size)
	}
	return fmt.Sprintf("%.1f %s", size, units[unit])
}
