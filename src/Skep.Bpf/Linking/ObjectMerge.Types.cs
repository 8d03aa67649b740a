namespace Skep.Bpf;

sealed partial class ObjectMerge
{
    /// <summary>Extern variables and functions that stay undefined: name to id in the joined types.</summary>
    readonly Dictionary<string, uint> _externTypes = new(StringComparer.Ordinal);
    BtfBuilder? _types;
    BtfDeduplication? _deduplication;
    uint _kconfigSection;

    /// <summary>Joins the types of all objects and merges those that are the same. Data sections are left out: they are built again.</summary>
    void MergeTypes()
    {
        if (_inputs.All(input => input.Spec.Btf is null)) return;
        var joined = new BtfBuilder();
        foreach (var input in _inputs)
        {
            if (input.Spec.Btf is not { } btf) continue;
            if (btf.Base is not null) throw Error($"the types of '{input.Name}' continue those of another BTF");
            Visit(btf, type => type.Kind is not (BtfKind.DataSection or BtfKind.DeclarationTag) && !IsExtern(type), type => joined.Copy(type, input.Types));
        }
        // Externs after all definitions, tags after all that they may tag.
        foreach (var input in _inputs)
        {
            if (input.Spec.Btf is { } btf) Visit(btf, IsExtern, type => JoinExtern(joined, input, type));
        }
        foreach (var input in _inputs)
        {
            if (input.Spec.Btf is { } btf) Visit(btf, type => type.Kind == BtfKind.DeclarationTag, type => joined.Copy(type, input.Types));
        }
        _deduplication = BtfDeduplicator.Deduplicate(joined.Build(_name));
        _types = _deduplication.Types;
    }

    static void Visit(Btf btf, Func<BtfType, bool> filter, Action<BtfType> action)
    {
        for (var id = btf.FirstId; id < btf.Count; id++)
        {
            var type = btf[id];
            if (filter(type)) action(type);
        }
    }

    static bool IsExtern(BtfType type) => type.Kind is BtfKind.Variable or BtfKind.Function && type.Linkage == Linkage.Extern;

    /// <summary>The declaration of something that another object defines becomes that definition.</summary>
    void JoinExtern(BtfBuilder joined, LinkInput input, BtfType type)
    {
        var name = type.Name;
        if (_definitions.TryGetValue(name, out var definition) && DefinedType(definition, type.Kind) is var defined and not 0)
        {
            input.Types[type.Id] = defined;
            return;
        }
        if (!_externTypes.TryGetValue(name, out var id)) _externTypes.Add(name, id = joined.Copy(type, input.Types));
        input.Types[type.Id] = id;
    }

    static uint DefinedType(LinkDefinition definition, BtfKind kind)
    {
        if (definition.Input.Spec.Btf is not { } btf) return 0;
        if (definition.Kind == SymbolKind.Function) return definition.Input.Types.GetValueOrDefault(definition.Function.BtfTypeId);
        for (var id = btf.FirstId; id < btf.Count; id++)
        {
            var type = btf[id];
            if (type.Kind == kind && type.Linkage != Linkage.Extern && type.Name == definition.Name) return definition.Input.Types.GetValueOrDefault(id);
        }
        return 0;
    }

    /// <summary>The final id of a type of an input.</summary>
    uint TypeOf(LinkInput input, uint id) => id != 0 && _deduplication is not null && input.Types.TryGetValue(id, out var joined) ? _deduplication[joined] : 0;

    uint StringOf(LinkInput input, uint offset) => offset == 0 || _types is null || input.Spec.Btf is not { } btf ? 0 : _types.AddString(btf.StringAt(offset));

    void FinishTypes()
    {
        if (_types is null) return;
        foreach (var (name, map, variables) in _sections)
        {
            if (variables.Count == 0) continue;
            variables.Sort((left, right) => left.Offset.CompareTo(right.Offset));
            map.ValueTypeId = _types.AddDataSection(name, map.ValueSize, [.. variables]);
        }
        AddExternSection(KconfigLayout.SectionName, (uint)_kconfigSize, spec => spec.Kind == ExternKind.Kconfig);
        AddExternSection(".ksyms", 0, spec => spec.Kind is ExternKind.KernelFunction or ExternKind.KernelSymbol or ExternKind.TypedKernelSymbol);
        if (_result.Maps.TryGetValue(KconfigLayout.SectionName, out var kconfig) && _kconfigSection != 0) kconfig.ValueTypeId = _kconfigSection;
        TypeFunctions();
        _result.Btf = _types.Build(_name);
    }

    void AddExternSection(string name, uint size, Func<ExternSpec, bool> filter)
    {
        var variables = _result.Externs.Values
            .Where(spec => filter(spec) && _externTypes.ContainsKey(spec.Name))
            .OrderBy(spec => spec.Offset)
            .Select(spec => new BtfSectionVariable(_deduplication![_externTypes[spec.Name]], (uint)spec.Offset, (uint)spec.Size))
            .ToArray();
        if (variables.Length == 0) return;
        var id = _types!.AddDataSection(name, size, variables);
        if (name == KconfigLayout.SectionName) _kconfigSection = id;
    }

    /// <summary>
    /// The kernel takes function records for all functions or for none, so that code made without types gets some: <c>int f(void)</c>, static,
    /// for the verifier then takes its arguments from the callers.
    /// </summary>
    void TypeFunctions()
    {
        uint prototype = 0;
        foreach (var function in _result.Functions.Values)
        {
            if (function.BtfTypeId != 0) continue;
            if (prototype == 0) prototype = _types!.AddFunctionPrototype(_types.AddInt("int", 4, isSigned: true));
            function.BtfTypeId = _types!.AddFunction(function.Name, prototype, Linkage.Static);
        }
    }
}
