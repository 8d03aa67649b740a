using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Skep.Bpf.Building;

/// <summary>
/// Builds an <see cref="ObjectSpec"/> in C#: maps, global variables, functions and programs. The result can be loaded, run in the interpreter,
/// or linked with objects that a C compiler made.
/// </summary>
/// <example><code>
/// var build = new ObjectBuilder("count") { License = "GPL" };
/// build.AddMap(new MapSpec { Name = "counts", Type = MapType.Hash, KeySize = 4, ValueSize = 8, MaxEntries = 1024 });
/// build.AddProgram("tracepoint/sched/sched_process_exec", "on_exec", code =>
/// {
///     var pid = code.Call(HelperFunction.GetCurrentPidTgid) &gt;&gt; 32;
///     using (code.Lookup("counts", pid, out var count)) code.AtomicAdd(ScalarType.U64, count, 0, 1);
///     using (code.Else()) code.Update("counts", pid, 1);
/// });
/// using var loaded = BpfObject.Load(build.Build());
/// </code></example>
public sealed class ObjectBuilder
{
    readonly ObjectSpec _spec;
    readonly List<CodeBuilder> _functions = [];
    readonly Dictionary<string, (string Section, CodeBuilder Code)> _programs = [];
    int _callbacks;
    bool _built;

    /// <summary>Starts an object.</summary>
    public ObjectBuilder(string name) => _spec = new ObjectSpec { Name = name, License = "GPL" };

    /// <summary>License of the programs; GPL unless set.</summary>
    public string License
    {
        get => _spec.License;
        set => _spec.License = value;
    }

    /// <summary>Declares a map; code refers to it by name.</summary>
    public ObjectBuilder AddMap(MapSpec map)
    {
        ArgumentNullException.ThrowIfNull(map);
        _spec.Maps.Add(map.Name, map);
        return this;
    }

    /// <summary>Declares a global variable. One that programs may not write is known to the verifier as a constant once loaded.</summary>
    public VariableSpec AddVariable<T>(string name, T initial = default, bool readOnly = false) where T : unmanaged =>
        AddVariable(name, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in initial)), readOnly);

    /// <summary>Declares a global variable of any size by its initial bytes.</summary>
    public VariableSpec AddVariable(string name, ReadOnlySpan<byte> initial, bool readOnly = false)
    {
        var section = readOnly ? ".rodata" : ".data";
        if (!_spec.Maps.TryGetValue(section, out var map))
        {
            map = new MapSpec
            {
                Name = section,
                Type = MapType.Array,
                KeySize = 4,
                MaxEntries = 1,
                Flags = readOnly ? MapFlags.ProgramReadOnly | MapFlags.MemoryMappable : MapFlags.MemoryMappable,
                Freeze = readOnly,
                Data = [],
            };
            _spec.Maps.Add(section, map);
        }
        var offset = (map.Data!.Length + 7) & ~7;
        var data = new byte[offset + initial.Length];
        map.Data.CopyTo(data, 0);
        initial.CopyTo(data.AsSpan(offset));
        (map.Data, map.ValueSize) = (data, (uint)data.Length);
        var variable = new VariableSpec { Name = name, Map = map, Offset = offset, Size = initial.Length };
        _spec.Variables.Add(name, variable);
        return variable;
    }

    /// <summary>A global variable by name.</summary>
    public VariableSpec Variable(string name) =>
        _spec.Variables.TryGetValue(name, out var variable) ? variable : throw new BpfException($"object '{_spec.Name}' has no variable '{name}'");

    /// <summary>Declares a kernel variable or Kconfig value; see <see cref="CodeBuilder.AddressOfExtern"/>.</summary>
    public ObjectBuilder AddExtern(ExternSpec symbol)
    {
        ArgumentNullException.ThrowIfNull(symbol);
        _spec.Externs.Add(symbol.Name, symbol);
        return this;
    }

    /// <summary>Adds a program: its section says what it is and where it attaches, as in C.</summary>
    /// <param name="section">For example <c>xdp</c> or <c>tracepoint/syscalls/sys_enter_execve</c>; see <see cref="SectionNames"/>.</param>
    /// <param name="name">Name of the program.</param>
    /// <param name="body">Builds the code; without a return it returns 0.</param>
    /// <param name="file">The C# file of the call.</param>
    /// <param name="line">The C# line of the call.</param>
    /// <exception cref="BpfException">No kind of program has such a section.</exception>
    public ObjectBuilder AddProgram(string section, string name, Action<CodeBuilder> body, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (SectionNames.Find(section) is null) throw new BpfException($"program '{name}': no kind of program has the section '{section}'");
        _programs.Add(name, (section, Add(name, Linkage.Global, ["context"], body, file, line)));
        return this;
    }

    /// <summary>Adds a function that programs call by name. Its result and parameters are 64-bit numbers or addresses.</summary>
    /// <param name="name">Name of the function.</param>
    /// <param name="parameters">Names of up to five parameters.</param>
    /// <param name="body">Builds the code; without a return it returns 0.</param>
    /// <param name="linkage"><see cref="Linkage.Static"/> is verified with its callers; <see cref="Linkage.Global"/> alone, and other objects can call it.</param>
    /// <param name="hidden">Whether a global function is one for the linker only and static for the verifier, so that it can take addresses.</param>
    /// <param name="file">The C# file of the call.</param>
    /// <param name="line">The C# line of the call.</param>
    public ObjectBuilder AddFunction(
        string name, IReadOnlyList<string> parameters, Action<CodeBuilder> body, Linkage linkage = Linkage.Static, bool hidden = false,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Add(name, linkage, parameters, body, file, line, hidden);
        return this;
    }

    /// <summary>Completes the object.</summary>
    public ObjectSpec Build()
    {
        if (_built) return _spec;
        _built = true;
        var types = new BtfBuilder();
        var number = types.AddInt("unsigned long long", 8);
        var result = types.AddInt("int", 4, isSigned: true);
        var address = types.AddPointer(0);
        foreach (var code in _functions)
        {
            var function = code.Build();
            var isProgram = _programs.ContainsKey(code.Name);
            var parameters = code.ParameterNames.Select(p => types.Parameter(p, isProgram ? address : number)).ToArray();
            function.BtfTypeId = types.AddFunction(code.Name, types.AddFunctionPrototype(isProgram ? result : number, parameters), function.IsHidden ? Linkage.Static : function.Linkage);
            _spec.Functions.Add(function.Name, function);
        }
        foreach (var (name, (section, code)) in _programs)
        {
            var definition = SectionNames.Find(section)!;
            _spec.Programs.Add(name, new ProgramSpec
            {
                Entry = code.Build(),
                SectionName = section,
                Type = definition.Type,
                AttachType = definition.AttachType,
                AttachTarget = definition.Target,
                Flags = definition.Flags,
                AutoLoad = definition.AutoLoad,
            });
        }
        _spec.Btf = types.Build(_spec.Name);
        return _spec;
    }

    internal int? KeySize(string map) => _spec.Maps.TryGetValue(map, out var spec) ? (int)spec.KeySize : null;

    internal int? ValueSize(string map) => _spec.Maps.TryGetValue(map, out var spec) ? (int)spec.ValueSize : null;

    internal string AddCallback(CodeBuilder caller, IReadOnlyList<string> parameters, Action<CodeBuilder> body, string file, int line)
    {
        var name = $"{caller.Name}_callback{++_callbacks}";
        Add(name, Linkage.Static, parameters, body, file, line);
        return name;
    }

    internal void AddKernelFunction(string name)
    {
        if (!_spec.Externs.ContainsKey(name)) _spec.Externs.Add(name, new ExternSpec { Name = name, Kind = ExternKind.KernelFunction });
    }

    CodeBuilder Add(string name, Linkage linkage, IReadOnlyList<string> parameters, Action<CodeBuilder> body, string file, int line, bool hidden = false)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (_built) throw new InvalidOperationException("the object is built already");
        if (_functions.Exists(f => f.Name == name)) throw new BpfException($"function '{name}' is defined twice");
        var code = new CodeBuilder(this, name, linkage, hidden, parameters, file, line);
        // Before the body runs, so that callbacks, which it defines, come after their caller.
        _functions.Add(code);
        body(code);
        return code;
    }
}
