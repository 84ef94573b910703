package clean

import (
	"fmt"
	"reflect"
)

// Value cleans all strings that v points to: in structures, slices, arrays,
// maps, interfaces and behind pointers, whatever the fields are called, so that
// none can be forgotten. Structures are changed in place. It panics over what
// it cannot change, such as an unexported field: that is a mistake in the type.
func Value(v any) {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer {
		panic(fmt.Sprintf("clean: %T is not a pointer", v))
	}
	walk(p.Elem())
}

func walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); !plain(s) {
			v.SetString(Text(s))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			walk(v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem())
		}
	case reflect.Interface:
		if !v.IsNil() {
			v.Set(fresh(v.Elem()))
		}
	case reflect.Map:
		walkMap(v)
	}
}

// walkMap makes the map anew, since its keys cannot be changed.
func walkMap(v reflect.Value) {
	if v.IsNil() {
		return
	}
	m := reflect.MakeMapWithSize(v.Type(), v.Len())
	for it := v.MapRange(); it.Next(); {
		m.SetMapIndex(fresh(it.Key()), fresh(it.Value()))
	}
	v.Set(m)
}

// fresh returns a clean copy.
func fresh(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	walk(c)
	return c
}
