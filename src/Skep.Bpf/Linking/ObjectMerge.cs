namespace Skep.Bpf;

/// <summary>
/// One run of <see cref="ObjectLinker"/>. First every global name gets its one definition, then types are joined and merged, so that ids
/// are final; then data, maps, functions and externs are copied into the result under their new names, offsets and ids.
/// </summary>
sealed partial class ObjectMerge
{
    readonly string _name;
    readonly List<LinkInput> _inputs;
    readonly ObjectSpec _result;
    readonly Dictionary<string, LinkDefinition> _definitions = new(StringComparer.Ordinal);
    readonly List<LinkDefinition> _replaced = [];
    readonly UniqueNames _functionNames = new();
    readonly UniqueNames _mapNames = new();
    readonly UniqueNames _variableNames = new();

    public ObjectMerge(string name, IReadOnlyList<ObjectSpec> specs)
    {
        _name = name;
        _inputs = [.. specs.Select(spec => new LinkInput(spec))];
        _result = new ObjectSpec { Name = name, ByteOrder = specs[0].ByteOrder };
    }

    public ObjectSpec Run()
    {
        CheckHeaders();
        DefineGlobals();
        ClaimNames();
        CollectExterns();
        MergeTypes();
        JoinDataSections();
        AddMaps();
        AddVariables();
        AddExterns();
        AddFunctions();
        FinishTypes();
        return _result;
    }

    void CheckHeaders()
    {
        LinkInput? licensed = null, versioned = null;
        foreach (var input in _inputs)
        {
            var spec = input.Spec;
            if (spec.ByteOrder != _result.ByteOrder) throw Error($"'{_inputs[0].Name}' is {_result.ByteOrder.ToString().ToLowerInvariant()}-endian and '{input.Name}' is not");
            if (spec.License.Length > 0)
            {
                licensed ??= input;
                if (spec.License != licensed.Spec.License) throw Error($"license '{licensed.Spec.License}' of '{licensed.Name}' and '{spec.License}' of '{input.Name}' differ");
                _result.License = spec.License;
            }
            if (spec.KernelVersion != 0)
            {
                versioned ??= input;
                if (spec.KernelVersion != versioned.Spec.KernelVersion) throw Error($"kernel version 0x{versioned.Spec.KernelVersion:x} of '{versioned.Name}' and 0x{spec.KernelVersion:x} of '{input.Name}' differ");
                _result.KernelVersion = spec.KernelVersion;
            }
            _result.Warnings.AddRange(spec.Warnings.Select(warning => $"{input.Name}: {warning}"));
        }
    }

    void DefineGlobals()
    {
        foreach (var input in _inputs)
        {
            foreach (var (name, function) in input.Spec.Functions)
            {
                if (function.Linkage == Linkage.Global) Define(new LinkDefinition(input, SymbolKind.Function, name, function.IsWeak));
            }
            foreach (var (name, map) in input.Spec.Maps)
            {
                if (IsSection(map)) continue;
                if (map.Linkage == Linkage.Global) Define(new LinkDefinition(input, SymbolKind.Map, name, map.IsWeak));
            }
            foreach (var (name, variable) in input.Spec.Variables)
            {
                if (variable.Linkage == Linkage.Global) Define(new LinkDefinition(input, SymbolKind.Variable, name, variable.IsWeak));
            }
        }
    }

    static bool IsSection(MapSpec map) => map.IsDataSection || map.Name == KconfigLayout.SectionName;

    /// <summary>The first strong definition is the one, or else the first weak one.</summary>
    void Define(LinkDefinition added)
    {
        if (!_definitions.TryGetValue(added.Name, out var known))
        {
            _definitions.Add(added.Name, added);
            return;
        }
        if (known.Kind != added.Kind) throw Error($"'{added.Name}' is a {known.Describe()} and a {added.Describe()}");
        if (!known.IsWeak && !added.IsWeak) throw Error($"{added.Kind.ToString().ToLowerInvariant()} '{added.Name}' is defined in both '{known.Input.Name}' and '{added.Input.Name}'");
        CheckSameType(known, added);
        var (winner, loser) = known.IsWeak && !added.IsWeak ? (added, known) : (known, added);
        _definitions[added.Name] = winner;
        _replaced.Add(loser);
    }

    void CheckSameType(LinkDefinition one, LinkDefinition other)
    {
        var agree = one.Kind switch
        {
            SymbolKind.Function => Agree(one.Input, one.Function.BtfTypeId, other.Input, other.Function.BtfTypeId),
            SymbolKind.Variable => one.Variable.Size == other.Variable.Size && Agree(one.Input, one.Variable.TypeId, other.Input, other.Variable.TypeId),
            _ => MapsAgree(one.Map, other.Map),
        };
        if (!agree) throw Error($"{one.Kind.ToString().ToLowerInvariant()} '{one.Name}' differs in type between '{one.Input.Name}' and '{other.Input.Name}'");
    }

    static bool Agree(LinkInput left, uint leftId, LinkInput right, uint rightId)
    {
        if (leftId == 0 || rightId == 0 || left.Spec.Btf is null || right.Spec.Btf is null) return true;
        return TypeAgreement.Holds(left.Spec.Btf[leftId], right.Spec.Btf[rightId]);
    }

    static bool MapsAgree(MapSpec left, MapSpec right) =>
        (left.Type, left.KeySize, left.ValueSize, left.MaxEntries, left.Flags, left.Extra, left.Pinning) == (right.Type, right.KeySize, right.ValueSize, right.MaxEntries, right.Flags, right.Extra, right.Pinning)
        && (left.InnerMap is null || right.InnerMap is null ? left.InnerMap == right.InnerMap : MapsAgree(left.InnerMap, right.InnerMap));

    /// <summary>Global names stay as they are; static ones of the same spelling move aside.</summary>
    void ClaimNames()
    {
        foreach (var definition in _definitions.Values) NamesOf(definition.Kind).Claim(definition.Name);
        foreach (var definition in _replaced)
        {
            if (definition.Kind == SymbolKind.Variable) definition.Input.ReplacedVariables.Add((definition.Variable, _definitions[definition.Name]));
        }
        foreach (var input in _inputs)
        {
            foreach (var (name, function) in input.Spec.Functions)
            {
                if (function.Linkage != Linkage.Global) input.Functions.Add(name, _functionNames.Claim(name));
                else if (IsKept(input, name)) input.Functions.Add(name, name);
            }
            foreach (var (name, map) in input.Spec.Maps)
            {
                if (IsSection(map)) continue;
                if (map.Linkage != Linkage.Global) input.Maps.Add(name, _mapNames.Claim(name));
                else if (IsKept(input, name)) input.Maps.Add(name, name);
            }
        }
    }

    UniqueNames NamesOf(SymbolKind kind) => kind switch
    {
        SymbolKind.Function => _functionNames,
        SymbolKind.Variable => _variableNames,
        _ => _mapNames,
    };

    bool IsKept(LinkInput input, string name) => _definitions[name].Input == input;

    ObjectLinkException Error(string what) => new($"link {_name}: {what}");
}
