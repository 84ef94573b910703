package proxy

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// A wallClock is this process's view of CLOCK_REALTIME, which can be moved: what Go's
// runtime, and with it all of the process, is told of the time of day. The monotonic
// clock is untouched, as it is when somebody sets a machine's clock. To set the
// machine's own would concern everything else that runs on it.
type wallClock struct{ offset *int64 } // in seconds

var theWallClock = sync.OnceValues(takeWallClock)

// movableClock has the wall clock right again when the test is over. Such a test must
// not run in parallel.
func movableClock(t *testing.T) *wallClock {
	t.Helper()
	w, err := theWallClock()
	require.NoError(t, err)
	t.Cleanup(func() { w.move(0) })
	before := time.Now()
	w.move(time.Hour)
	now := time.Now()
	require.InDelta(t, time.Hour, now.Round(0).Sub(before.Round(0)), float64(time.Minute), "the wall clock")
	require.Less(t, now.Sub(before), time.Minute, "the monotonic clock")
	w.move(0)
	return w
}

// move sets the clock ahead of the machine's by d, which may be negative.
func (w *wallClock) move(d time.Duration) { atomic.StoreInt64(w.offset, int64(d/time.Second)) }

// takeWallClock has the function that the kernel lends each process for reading
// clocks, clock_gettime of the vDSO, replaced by one that asks the kernel and adds the
// offset to the time of day. It stays so, with an offset of zero, which changes nothing.
func takeWallClock() (*wallClock, error) {
	at, err := clockGettime()
	if err != nil {
		return nil, err
	}
	page, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE|syscall.PROT_EXEC, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return nil, err
	}
	offset := (*int64)(unsafe.Pointer(&page[2048]))
	code := []byte{
		0xb8, 228, 0, 0, 0, // mov eax, SYS_clock_gettime
		0x0f, 0x05, // syscall
		0x85, 0xff, // test edi, edi: CLOCK_REALTIME is 0
		0x75, 16, // jne to ret
		0x49, 0xb8, // mov r8, &offset
	}
	code = binary.LittleEndian.AppendUint64(code, uint64(uintptr(unsafe.Pointer(offset))))
	code = append(code,
		0x4d, 0x8b, 0x00, // mov r8, [r8]
		0x4c, 0x01, 0x06, // add [rsi], r8: the seconds
		0xc3, // ret
	)
	copy(page, code)
	jump := []byte{0x48, 0xb8} // mov rax, page
	jump = binary.LittleEndian.AppendUint64(jump, uint64(uintptr(unsafe.Pointer(&page[0]))))
	jump = append(jump, 0xff, 0xe0) // jmp rax
	mem, err := os.OpenFile("/proc/self/mem", os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	defer mem.Close()
	_, err = mem.WriteAt(jump, at) // the page is this process's own from here on
	return &wallClock{offset}, err
}

// clockGettime is where the vDSO has the function.
func clockGettime() (int64, error) {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		if !strings.Contains(line, "[vdso]") {
			continue
		}
		if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err != nil {
			return 0, err
		}
		mem, err := os.Open("/proc/self/mem")
		if err != nil {
			return 0, err
		}
		defer mem.Close()
		image := make([]byte, to-from)
		if _, err := mem.ReadAt(image, from); err != nil {
			return 0, err
		}
		library, err := elf.NewFile(strings.NewReader(string(image)))
		if err != nil {
			return 0, err
		}
		symbols, err := library.DynamicSymbols()
		if err != nil {
			return 0, err
		}
		for _, s := range symbols {
			if s.Name == "__vdso_clock_gettime" {
				return from + int64(s.Value), nil
			}
		}
	}
	return 0, fmt.Errorf("no vDSO with clock_gettime")
}
