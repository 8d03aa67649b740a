using Skep.Engine.Rules;
using Skep.Tetragon.Policies.Model;
using Skep.Tetragon.Policies.Values;
using Skep.Yaml;

namespace Skep.Tetragon.Policies.Translation;

/// <summary>What a hook captures – arguments, then data, then what is returned – and how selectors refer to it.</summary>
sealed class HookValues
{
    /// <summary>Of system calls; kernel functions that trampolines can reach have twice as many.</summary>
    const int MostSyscallArguments = 6;
    const int MostArguments = 12;
    const int MostUserArguments = 16;

    readonly List<ValueSpec> _values = [];
    readonly List<ValueTag> _tags = [];
    readonly HookSpec _hook;
    readonly DiagnosticBag _bag;

    public HookValues(HookSpec hook, bool isSyscall, DiagnosticBag bag)
    {
        _hook = hook;
        _bag = bag;
        var isFormat = hook.Section == HookSection.Tracepoint && hook.Raw is not { Value: true };
        var most = isFormat ? int.MaxValue : isSyscall ? MostSyscallArguments : IsUser ? MostUserArguments : MostArguments;
        foreach (var argument in hook.Arguments)
        {
            if (argument.Name is { } name)
            {
                AddNamed(name.Value, argument.Label);
                continue;
            }
            if (argument.Source is { } source) bag.Error(source.At, "source: only entries of data have one");
            if (isFormat && argument.Resolve is { } resolve) bag.Error(resolve.At, "resolve: the fields of a tracepoint have no members, raw: true gives its arguments");
            Add(argument, ValueSource.Argument, most);
        }
        foreach (var data in hook.Data) Add(data, SourceOf(data), most);
        WithReturn = hook.Return is { Value: true } || _values.Exists(v => v.OnReturn);
        if (hook.Return is { Value: true } && hook.ReturnArgument is { } returned)
        {
            ReturnPlace = _values.Count;
            Add(returned, ValueSource.Returned, int.MaxValue);
        }
    }

    public IReadOnlyList<ValueSpec> Specs => _values;

    public IReadOnlyList<ValueTag> Tags => _tags;

    public bool WithReturn { get; }

    /// <summary>-1 when it is not captured.</summary>
    public int ReturnPlace { get; } = -1;

    /// <summary>Whether arguments are those of a program, not of the kernel.</summary>
    bool IsUser => _hook.Section is HookSection.Uprobe or HookSection.Usdt;

    public string TypeOf(int place) => _tags[place].Type;

    /// <summary>The place that an entry of <c>matchArgs</c> means; -1 after a complaint.</summary>
    public int Argument(ArgumentMatch match)
    {
        if (match.Positions is { Count: > 0 } positions) return Position(positions, _hook.Arguments.Count, 0, "args");
        var place = FindArgument(match.Index?.Value ?? 0);
        if (place < 0) _bag.Error(match.Index?.At ?? match.At, $"index: no entry of args has index {match.Index?.Value ?? 0}");
        return place;
    }

    /// <summary>The place of the argument with an index; -1 when there is none.</summary>
    public int FindArgument(long index)
    {
        if (_hook.IsOfProcess && index < _hook.Arguments.Count) return (int)index;
        for (var place = 0; place < _hook.Arguments.Count && !_hook.IsOfProcess; place++)
        {
            if (_hook.Arguments[place].Index.Value == index) return place;
        }
        // Of tracepoints the place in args is meant where no field has this index.
        return _hook.Section == HookSection.Tracepoint && index < _hook.Arguments.Count ? (int)index : -1;
    }

    /// <summary>The place of an entry of args; -1 when there are not so many.</summary>
    public int ArgumentAt(long entry) => entry < _hook.Arguments.Count ? (int)entry : -1;

    /// <summary>The place that an entry of <c>matchData</c> means; -1 after a complaint.</summary>
    public int Data(ArgumentMatch match)
    {
        if (match.Positions is { Count: > 0 } positions) return Position(positions, _hook.Data.Count, _hook.Arguments.Count, "data");
        var place = FindData(match.Index?.Value ?? 0);
        if (place < 0) _bag.Error(match.Index?.At ?? match.At, $"index: there is no entry {match.Index?.Value ?? 0} of data");
        return place;
    }

    /// <summary>The place of an entry of data; -1 when there are not so many.</summary>
    public int FindData(long index) => index < _hook.Data.Count ? _hook.Arguments.Count + (int)index : -1;

    /// <summary>The place that an entry of <c>matchReturnArgs</c> means; -1 after a complaint.</summary>
    public int Returned(ArgumentMatch match)
    {
        if (ReturnPlace < 0)
        {
            _bag.Error(match.At, "matchReturnArgs needs return: true and a returnArg");
            return -1;
        }
        if (match.Positions is { Count: > 0 } positions) return Position(positions, 1, ReturnPlace, "returnArg");
        if (match.Index is not { } index || index.Value == _hook.ReturnArgument!.Index.Value) return ReturnPlace;
        _bag.Error(index.At, $"index: returnArg has index {_hook.ReturnArgument!.Index.Value}, not {index.Value}");
        return -1;
    }

    /// <summary>The place of an argument of the process's program, from 0 behind the program's name: captured to be compared, and not printed.</summary>
    public int CommandArgument(int index)
    {
        var value = new ValueSpec { Source = ValueSource.CurrentTask, Kind = ValueKind.CommandArgument, Index = index + 1 };
        var place = _values.IndexOf(value);
        if (place >= 0) return place;
        _values.Add(value);
        _tags.Add(new("string", ""));
        return _values.Count - 1;
    }

    /// <summary>A place in args that is a socket; -1 after a complaint.</summary>
    public int Socket(Located<long> position)
    {
        if (position.Value < 0 || position.Value >= _hook.Arguments.Count)
        {
            _bag.Error(position.At, $"argSock: there is no entry {position.Value} of args");
            return -1;
        }
        var place = (int)position.Value;
        if (_values[place].Kind is ValueKind.Sock or ValueKind.Socket) return place;
        if (TypeOf(place).Length == 0) return -1;
        _bag.Error(position.At, $"argSock: entry {place} of args is no socket but {TypeOf(place)}");
        return -1;
    }

    int Position(IReadOnlyList<Located<long>> positions, int count, int first, string list)
    {
        var position = positions[0];
        if (positions.Count > 1)
        {
            _bag.Error(positions[1].At, "args: only CapabilitiesGained compares two");
            return -1;
        }
        return Position(position, count, first, list);
    }

    int Position(Located<long> position, int count, int first, string list)
    {
        if (position.Value < count) return first + (int)position.Value;
        _bag.Error(position.At, $"args: there is no entry {position.Value} of {list}");
        return -1;
    }

    /// <summary>The new and the old value of <c>CapabilitiesGained</c>; null after a complaint.</summary>
    public (int New, int Old)? Pair(ArgumentMatch match, bool inData)
    {
        if (match.Positions is not { Count: 2 } positions)
        {
            _bag.Error(match.At, "args: CapabilitiesGained needs two, the new set and the old one");
            return null;
        }
        var (count, first, list) = inData ? (_hook.Data.Count, _hook.Arguments.Count, "data") : (_hook.Arguments.Count, 0, "args");
        var newPlace = Position(positions[0], count, first, list);
        var oldPlace = Position(positions[1], count, first, list);
        return newPlace < 0 || oldPlace < 0 ? null : (newPlace, oldPlace);
    }

    ValueSource SourceOf(ArgumentSpec data)
    {
        if (data.Source is not { } source) return ValueSource.Argument;
        if (data.Resolve is null) _bag.Error(data.At, $"resolve: source {source.Value} needs one, {(source.Value == "pt_regs" ? "the name of a register" : "members of struct task_struct")}");
        return source.Value == "pt_regs" ? ValueSource.Register : ValueSource.CurrentTask;
    }

    void AddNamed(string name, string label)
    {
        // One that nobody knows was complained of.
        var spec = Vocabulary.ProcessValues(_hook.Section).GetValueOrDefault(name) ?? new ValueSpec { Kind = ValueKind.None };
        _values.Add(spec with { Label = label });
        _tags.Add(new(name, label));
    }

    void Add(ArgumentSpec argument, ValueSource source, int most)
    {
        if (source == ValueSource.Argument && argument.Index.Value >= most) _bag.Error(argument.Index.At, $"index: {argument.Index.Value} is not in 0 to {most - 1}");
        if (argument.StartType.Length > 0 && argument.Resolve is null) _bag.Warning(argument.At, "btfType: has no effect without resolve");
        if (argument.StartTypeModule.Length > 0 && argument.StartType.Length == 0) _bag.Warning(argument.At, "btfTypeModule: has no effect without btfType");
        var type = Type(argument, source);
        var kind = TypeNames.KindOf(type);
        if (IsUser && source != ValueSource.CurrentTask && !TypeNames.IsOfPrograms(kind)) _bag.Error(argument.Type?.At ?? argument.At, $"type: {type} is an object of the kernel, which programs do not have");
        var sizeIndex = argument.SizeIndex is { Value: > 0 } size ? (int)size.Value - 1 : -1;
        if (sizeIndex >= 0 && kind is not (ValueKind.Buffer or ValueKind.IoVector)) _bag.Warning(argument.SizeIndex!.Value.At, $"sizeArgIndex: has no effect on type {type}");
        if (argument.MaxData is { Value: true } longer) _bag.Warning(longer.At, $"maxData: {TypeNames.CapturedData} bytes are captured at most, and what is cut is marked");
        _values.Add(new()
        {
            Source = source,
            Index = (int)argument.Index.Value,
            Kind = kind,
            Path = argument.Resolve?.Value ?? "",
            StartType = argument.StartType,
            Module = argument.StartTypeModule,
            TypesFile = source != ValueSource.CurrentTask && argument.Resolve is not null ? _hook.User.TypesFile : "",
            SizeIndex = sizeIndex,
            MaxLength = type == "const_buf" ? TypeNames.MaxConstBuffer : 0,
            OnReturn = argument.ReturnCopy,
            Label = argument.Label,
        });
        _tags.Add(new(type, argument.Label));
    }

    string Type(ArgumentSpec argument, ValueSource source)
    {
        var isTracepoint = _hook.Section == HookSection.Tracepoint;
        var hasFormat = isTracepoint && _hook.Raw is not { Value: true };
        if (argument.Type is not { } type)
        {
            if (!hasFormat) _bag.Error(argument.At, "type: only the fields of a tracepoint tell theirs, name one here");
            return "auto";
        }
        if (type.Value == "auto" && (!hasFormat || source != ValueSource.Argument)) _bag.Error(type.At, "type: auto is only for fields of tracepoints");
        if (type.Value == "syscall64" && !isTracepoint) _bag.Error(type.At, "type: syscall64 is only for tracepoints");
        return type.Value;
    }
}
