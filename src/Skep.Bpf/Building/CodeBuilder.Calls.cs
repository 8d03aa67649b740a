using System.Runtime.CompilerServices;
using Skep.Bpf.Instructions;

namespace Skep.Bpf.Building;

public sealed partial class CodeBuilder
{
    const long CurrentCpu = 0xffffffff;

    /// <summary>Calls a helper with up to five arguments.</summary>
    public Value Call(HelperFunction helper, ReadOnlySpan<Value> arguments, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        At(file, line, $"{helper.KernelName()}()");
        return AddCall(CallKind.Helper, (int)helper, null, arguments);
    }

    /// <summary>Calls a helper without arguments.</summary>
    public Value Call(HelperFunction helper, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Call(helper, [], file, line);

    /// <summary>Calls a function of the object, or of an object that this one is linked with. Requires at least Linux 4.16.</summary>
    public Value Call(string function, ReadOnlySpan<Value> arguments, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        At(file, line, $"{function}()");
        return AddCall(CallKind.Function, 0, function, arguments);
    }

    /// <summary>Calls a kernel function (kfunc) by name. Requires at least Linux 5.13.</summary>
    public Value CallKernel(string function, ReadOnlySpan<Value> arguments, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        At(file, line, $"{function}()");
        Object.AddKernelFunction(function);
        return AddCall(CallKind.Kernel, 0, function, arguments);
    }

    /// <summary>Jumps into the program at an index of a program array; goes on here when there is none. Requires at least Linux 4.2.</summary>
    public void TailCall(string programArray, Value index, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Call(HelperFunction.TailCall, [Context, Map(programArray), index], file, line);

    /// <summary>Copies kernel memory; 0, or a negated errno with the destination cleared. Requires at least Linux 5.5.</summary>
    public Value ReadKernel(Value destination, Value size, Value address, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Call(HelperFunction.ProbeReadKernel, [destination, size, address], file, line).To(ScalarType.S64);

    /// <summary>Copies user memory; 0, or a negated errno with the destination cleared. Requires at least Linux 5.5.</summary>
    public Value ReadUser(Value destination, Value size, Value address, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Call(HelperFunction.ProbeReadUser, [destination, size, address], file, line).To(ScalarType.S64);

    /// <summary>Copies a NUL-terminated text from kernel memory; its length with the NUL, or a negated errno. Requires at least Linux 5.5.</summary>
    public Value ReadKernelText(Value destination, Value size, Value address, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Call(HelperFunction.ProbeReadKernelStr, [destination, size, address], file, line).To(ScalarType.S64);

    /// <summary>Copies a NUL-terminated text from user memory; its length with the NUL, or a negated errno. Requires at least Linux 5.5.</summary>
    public Value ReadUserText(Value destination, Value size, Value address, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Call(HelperFunction.ProbeReadUserStr, [destination, size, address], file, line).To(ScalarType.S64);

    /// <summary>Sends bytes through a perf event array to the current CPU's buffer; 0 or a negated errno. Requires at least Linux 4.4.</summary>
    public Value PerfOutput(string perfEventArray, Value data, Value size, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Call(HelperFunction.PerfEventOutput, [Context, Map(perfEventArray), CurrentCpu, data, size], file, line).To(ScalarType.S64);

    /// <summary>
    /// Reserves a record in a ring buffer: the block runs when there is room, and submits the record at its end. Do not leave it by another way.
    /// Requires at least Linux 5.8.
    /// </summary>
    public Block Reserve(string ringBuffer, int size, out Value record, long wakeUpFlags = 0, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        var address = record = Call(HelperFunction.RingbufReserve, [Map(ringBuffer), size, 0], file, line).To(ScalarType.Pointer);
        return OpenWhenNotNull(address, () => Call(HelperFunction.RingbufSubmit, [address, wakeUpFlags], file, line));
    }

    /// <summary>Copies bytes into a ring buffer; 0 or a negated errno. Requires at least Linux 5.8.</summary>
    public Value RingOutput(string ringBuffer, Value data, Value size, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Call(HelperFunction.RingbufOutput, [Map(ringBuffer), data, size, 0], file, line).To(ScalarType.S64);

    /// <summary>Looks a key up: the block runs when there is a value, and gets its address.</summary>
    /// <param name="map">Name of the map.</param>
    /// <param name="key">The address of a key on the stack or elsewhere (see <see cref="StackBuffer"/>), or for keys up to eight bytes the key itself.</param>
    /// <param name="value">The address of the value.</param>
    /// <param name="file">The C# file of the call.</param>
    /// <param name="line">The C# line of the call.</param>
    public Block Lookup(string map, Value key, out Value value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        At(file, line, $"lookup {map}");
        value = Call(HelperFunction.MapLookupElem, [Map(map), InMemory(key, Object.KeySize(map), 0)], file, line).To(ScalarType.Pointer);
        return OpenWhenNotNull(value, null);
    }

    // The verifier calls a map's operation directly, and until 6.4 these returned an int: the upper half of r0 is not its sign
    // (kernel/bpf/verifier.c: do_misc_fixups; include/linux/bpf.h: bpf_map_ops). Hence the narrow reading of the two results below.

    /// <summary>Sets an element; 0 or a negated errno. Key and value are addresses, or numbers up to eight bytes.</summary>
    public Value Update(string map, Value key, Value value, MapUpdateFlags flags = default, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        At(file, line, $"update {map}");
        var (keyAddress, valueAddress) = (InMemory(key, Object.KeySize(map), 0), InMemory(value, Object.ValueSize(map), 1));
        return Call(HelperFunction.MapUpdateElem, [Map(map), keyAddress, valueAddress, (long)flags], file, line).To(ScalarType.S32).To(ScalarType.S64);
    }

    /// <summary>Removes an element; 0 or a negated errno. The key is an address, or a number up to eight bytes.</summary>
    public Value Delete(string map, Value key, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        At(file, line, $"delete {map}");
        return Call(HelperFunction.MapDeleteElem, [Map(map), InMemory(key, Object.KeySize(map), 0)], file, line).To(ScalarType.S32).To(ScalarType.S64);
    }

    /// <summary>Calls a new function for each element of a map (<c>bpf_for_each_map_elem</c>): key, value and captured address; it returns 0 to go on. Requires at least Linux 5.13.</summary>
    public Value ForEach(string map, Value captured, Action<CodeBuilder, Value, Value, Value> body, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        var callback = Object.AddCallback(this, ["map", "key", "value", "captured"], code => body(code, code.Parameter(1).To(ScalarType.Pointer), code.Parameter(2).To(ScalarType.Pointer), code.Parameter(3).To(ScalarType.Pointer)), file, line);
        return Call(HelperFunction.ForEachMapElem, [Map(map), AddressOfFunction(callback), captured, 0], file, line).To(ScalarType.S64);
    }

    Block OpenWhenNotNull(Value address, Action? atEnd)
    {
        var end = NewLabel();
        (address != 0).JumpWhen(this, holds: false, end);
        return Open(new Scope(end, atEnd, IsIf: true));
    }

    Value AddCall(CallKind kind, int number, string? callee, ReadOnlySpan<Value> arguments)
    {
        if (arguments.Length > 5) throw new ArgumentException($"{arguments.Length} arguments, five fit into registers", nameof(arguments));
        var operands = new Operand[arguments.Length];
        for (var i = 0; i < operands.Length; i++) operands[i] = arguments[i].Operand;
        var result = NewValue(ScalarType.U64);
        Add(new Operation(OperationKind.Call) { Call = kind, Code = number, Callee = callee, Target = result.Operand.Register, Arguments = operands });
        return result;
    }

    /// <summary>A number becomes a key or value in the scratch slots, which every map operation writes anew; an address stays as it is.</summary>
    Value InMemory(Value value, int? size, int slot)
    {
        if (value.IsAddress) return value;
        if (size is not (1 or 2 or 4 or 8)) throw new ArgumentException($"a number cannot stand for {size?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "an unknown number of"} bytes: pass an address");
        var type = ScalarTypes.Unsigned(size.Value);
        var place = Scratch(slot);
        Store(type, place, 0, value, "", "", 0);
        return place;
    }
}
