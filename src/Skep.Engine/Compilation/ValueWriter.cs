using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Hooks;
using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>
/// Writes a function for each value of a hook, <c>value_HOOK_INDEX(slot)</c>, that captures it once: conditions and events of all policies share
/// what was read. The raw arguments are put into the slot when the program starts.
/// </summary>
sealed class ValueWriter(ObjectBuilder builder, KernelLayout layout, HookPlan plan, ArgumentAccess access, Btf kernel)
{
    const int ResultKey = -1, CallKey = -2, MaxString = 4096, Unreadable = 1;
    const ulong Bit32 = 0x80000000;

    readonly SortedDictionary<int, int> _raw = [];
    readonly SlotTable _table = new(layout);

    public static string FunctionName(int hook, int value) => $"value_{hook}_{value}";

    /// <summary>Writes the functions; must come before the program that calls <see cref="StoreRaw"/>.</summary>
    /// <exception cref="BpfException">A value cannot be had at this hook; the message says which.</exception>
    public void Write()
    {
        for (var i = 0; i < plan.Values.Count; i++) Write(i, plan.Values[i]);
    }

    /// <summary>Puts what the functions need of the context into the slot.</summary>
    public void StoreRaw(CodeBuilder code, Value slot)
    {
        foreach (var (key, place) in _raw)
        {
            var value = key switch { ResultKey => access.LoadResult(code), CallKey => access.LoadCall(code), _ => access.Load(code, key) };
            code.Store(ScalarType.U64, slot, layout.SlotValue + place * 8, value, $"raw {place}");
        }
    }

    void Write(int index, ValueSpec spec)
    {
        if (spec is { Source: ValueSource.Argument, Path: "" }) CheckType(spec);
        var source = spec.Source switch
        {
            ValueSource.Argument => PlaceOf(Checked(spec.Index)),
            ValueSource.Returned => PlaceOf(ResultKey),
            ValueSource.Call => PlaceOf(CallKey),
            _ => -1,
        };
        var size = spec.SizeIndex >= 0 ? PlaceOf(Checked(spec.SizeIndex)) : -1;
        var path = spec.Path.Length > 0 && spec.Source != ValueSource.Register ? MemberPath.Resolve(StartOf(spec), spec.Path) : null;

        builder.AddFunction(FunctionName(plan.Number, index), ["slot"], code =>
        {
            var slot = code.Parameter(0).To(ScalarType.Pointer);
            var done = code.NewLabel();
            code.GotoIf(_table.IsCaptured(code, slot, index), done);
            var value = Start(code, slot, spec, source);
            var isUser = access.IsUser && spec.Source != ValueSource.CurrentTask;
            if (path is not null) value = Follow(code, value, path, spec.Kind, isUser);
            if (spec.Kind == ValueKind.Syscall && CompatibleTask.Exists) value = WithTable(code, value);
            if (Captures.NumberOf(spec.Kind) is { } number)
            {
                _table.StoreNumber(code, slot, index, path is null ? value.To(number) : value);
            }
            else if (Captures.IsCapabilitySet(spec.Kind))
            {
                var buffer = code.Stack(8);
                Read(code, buffer, 8, value, isUser);
                _table.StoreNumber(code, slot, index, code.Load(ScalarType.U64, buffer, 0));
            }
            else
            {
                if (isUser) value = OfProcess(code, value);
                code.Call(Captures.FunctionOf(spec.Kind) ?? throw new BpfException($"a value of kind {spec.Kind} cannot be captured"), [slot, index, value, Extra(code, slot, spec, size)]);
            }
            code.Bind(done);
            code.Return(0);
        });
    }

    /// <summary>A number of the table for 32-bit programs is told from the others by a bit, as in policies.</summary>
    Value WithTable(CodeBuilder code, Value number)
    {
        var marked = code.Let(number.To(ScalarType.U64));
        using (code.If(CompatibleTask.Mode(code, kernel) != 0)) code.Assign(marked, marked.To(ScalarType.U32) | code.Constant(Bit32));
        return marked;
    }

    Value Start(CodeBuilder code, Value slot, ValueSpec spec, int place) => spec.Source switch
    {
        ValueSource.CurrentTask => code.Call(HelperFunction.GetCurrentTask),
        ValueSource.Register => Register(code, spec.Path),
        _ => code.Load(ScalarType.U64, slot, layout.SlotValue + place * 8, $"raw {place}"),
    };

    Value Register(CodeBuilder code, string name)
    {
        var task = code.Call(HelperFunction.GetCurrentTaskBtf);
        var registers = code.Call(HelperFunction.TaskPtRegs, [task]).To(ScalarType.Pointer);
        return code.Load(ScalarType.U64, registers, access.IsUser ? UserRegisters.OffsetOf(name) : new CallRegisters(kernel).OffsetOf(name), name);
    }

    static void Read(CodeBuilder code, StackBuffer buffer, int size, Value address, bool isUser)
    {
        if (isUser) code.ReadUser(buffer, size, address);
        else code.ReadKernel(buffer, size, address);
    }

    /// <summary>Captures read the kernel's memory by addresses of its half: a process's argument must not lead them there.</summary>
    static Value OfProcess(CodeBuilder code, Value address)
    {
        var own = code.Let(address);
        using (code.If(own.To(ScalarType.S64) < 0)) code.Assign(own, Unreadable);
        return own;
    }

    static Value Follow(CodeBuilder code, Value address, MemberPath path, ValueKind kind, bool isUser)
    {
        var buffer = code.Stack(8);
        foreach (var step in path.Steps)
        {
            Read(code, buffer, 8, address + step.Offset, isUser);
            address = code.Load(ScalarType.U64, buffer, 0);
        }
        if (Captures.NumberOf(kind) is { } number)
        {
            var width = (int)path.Type.Btf.SizeOf(path.Type.Id);
            if (width is not (1 or 2 or 4 or 8)) throw new BpfException($"a member of {width} bytes is no number");
            code.Store(ScalarType.U64, buffer, 0, 0);
            Read(code, buffer, width, address + path.Offset, isUser);
            var type = width switch { 1 => ScalarType.U8, 2 => ScalarType.U16, 4 => ScalarType.U32, _ => ScalarType.U64 };
            var value = code.Load(type, buffer, 0);
            if (path.BitField.Bits > 0) value = (value >> path.BitField.Offset) & ((1L << path.BitField.Bits) - 1);
            return value.To(number);
        }
        if (path.Type.Kind != BtfKind.Pointer) return address + path.Offset;
        Read(code, buffer, 8, address + path.Offset, isUser);
        return code.Load(ScalarType.U64, buffer, 0);
    }

    /// <summary>How much to take: the number of bytes or elements, and above it the limit of bytes. Without a number there is only the limit.</summary>
    Value Extra(CodeBuilder code, Value slot, ValueSpec spec, int size)
    {
        if (spec.Kind == ValueKind.CommandArgument) return code.Constant((ulong)spec.Index);
        var limit = (long)Math.Min((uint)spec.MaxLength, MaxString) << 32;
        if (size < 0) return spec.Kind == ValueKind.Buffer ? limit | (uint)(spec.MaxLength > 0 ? Math.Min(spec.MaxLength, MaxString) : MaxString) : limit;
        var count = code.Load(ScalarType.U64, slot, layout.SlotValue + size * 8, $"raw {size}");
        // A length beyond 32 bits is cut to the largest one: it is an error code or no length at all.
        return spec.Kind is ValueKind.Buffer or ValueKind.IoVector ? count.To(ScalarType.U32) | limit : count;
    }

    BtfType StartOf(ValueSpec spec)
    {
        if (spec.Source != ValueSource.CurrentTask && access.IsUser) return UserTypes.StartOf(spec, plan.Hook);
        if (spec.StartType.Length > 0)
        {
            var types = spec.Module.Length > 0 ? Btf.FromModule(spec.Module) : kernel;
            var name = spec.StartType.StartsWith("struct ", StringComparison.Ordinal) ? spec.StartType["struct ".Length..] : spec.StartType;
            return types.TryFind(name, BtfKind.Struct, out var named) ? named : throw new BpfException($"the kernel's types have no struct {name}");
        }
        if (spec.Source == ValueSource.CurrentTask) return kernel.TryFind("task_struct", BtfKind.Struct, out var task) ? task : throw new BpfException("the kernel's types have no struct task_struct");
        if (spec.Source == ValueSource.Argument && access.TypeOf(spec.Index) is { } type) return MemberPath.Strip(type);
        throw new BpfException($"'{spec.Path}' cannot be resolved: the type of argument {spec.Index} is not known at this hook; say it with btfType");
    }

    int Checked(int argument)
    {
        if (access.Count < 0 || argument < access.Count) return argument;
        throw new BpfException($"there is no argument {argument}: {plan.Hook.Target} has {access.Count}");
    }

    /// <summary>A policy written for another kernel may take one struct for another: what came of it would be anything.</summary>
    void CheckType(ValueSpec spec)
    {
        if (access.Count <= spec.Index || access.TypeOf(spec.Index) is not { Kind: BtfKind.Pointer } pointer) return;
        var wanted = Captures.KernelStructOf(spec.Kind);
        if (wanted is null && spec.Kind != ValueKind.Text) return;
        var target = pointer.Btf.Resolve(pointer.TypeId);
        if (target.Kind is not (BtfKind.Struct or BtfKind.Union) || target.Name == wanted) return;
        throw new BpfException($"{plan.Hook.Target}: argument {spec.Index} is a pointer to struct {target.Name} on this kernel, and is not a pointer to {(wanted is null ? "a text" : $"struct {wanted}")}");
    }

    int PlaceOf(int key)
    {
        if (_raw.TryGetValue(key, out var place)) return place;
        if (_raw.Count == layout.MaxArguments) throw new BpfException($"more than {layout.MaxArguments} arguments are looked at");
        return _raw[key] = _raw.Count;
    }
}
