namespace Skep.Bpf;

sealed partial class ObjectMerge
{
    /// <summary>Externs that no object defines, by name, with every declaration.</summary>
    readonly Dictionary<string, List<(LinkInput Input, ExternSpec Spec)>> _externs = new(StringComparer.Ordinal);
    int _kconfigSize;

    void CollectExterns()
    {
        foreach (var input in _inputs)
        {
            foreach (var declared in input.Spec.Externs.Values)
            {
                if (declared.Kind == ExternKind.Undefined && _definitions.TryGetValue(declared.Name, out var definition))
                {
                    CheckDeclaration(input, declared, definition);
                    continue;
                }
                if (!_externs.TryGetValue(declared.Name, out var declarations)) _externs.Add(declared.Name, declarations = []);
                else CheckDeclarations(declarations[0], (input, declared));
                declarations.Add((input, declared));
            }
        }
    }

    void CheckDeclaration(LinkInput input, ExternSpec declared, LinkDefinition definition)
    {
        if (declared.TypeId == 0 || input.Spec.Btf is not { } btf) return;
        var agree = definition.Kind switch
        {
            SymbolKind.Function => PrototypeOf(definition) is not { } prototype || TypeAgreement.Holds(btf[declared.TypeId], prototype),
            SymbolKind.Variable => Agree(input, declared.TypeId, definition.Input, definition.Variable.TypeId),
            _ => DeclaresMap(btf, input, declared, definition.Map),
        };
        if (!agree) throw Error($"'{declared.Name}' is declared in '{input.Name}' with another type than the {definition.Describe()} has");
    }

    static BtfType? PrototypeOf(LinkDefinition definition) =>
        definition.Function.BtfTypeId != 0 && definition.Input.Spec.Btf is { } btf ? btf[btf[definition.Function.BtfTypeId].TypeId] : null;

    static bool DeclaresMap(Btf btf, LinkInput input, ExternSpec declared, MapSpec map)
    {
        if (btf.Resolve(declared.TypeId).Kind != BtfKind.Struct) return false;
        var declaration = new MapSpec { Name = declared.Name };
        new MapDefinition(btf, input.Name).Fill(declaration, declared.TypeId);
        return MapsAgree(declaration, map);
    }

    void CheckDeclarations((LinkInput Input, ExternSpec Spec) one, (LinkInput Input, ExternSpec Spec) other)
    {
        var areKernelVariables = one.Spec.Kind is ExternKind.KernelSymbol or ExternKind.TypedKernelSymbol && other.Spec.Kind is ExternKind.KernelSymbol or ExternKind.TypedKernelSymbol;
        var agree = one.Spec.Kind == other.Spec.Kind && one.Spec.Size == other.Spec.Size && Agree(one.Input, one.Spec.TypeId, other.Input, other.Spec.TypeId);
        if (!agree && !(areKernelVariables && one.Spec.Kind != other.Spec.Kind))
        {
            throw Error($"extern '{one.Spec.Name}' is declared differently in '{one.Input.Name}' ({one.Spec.Kind}) and '{other.Input.Name}' ({other.Spec.Kind})");
        }
    }

    void AddExterns()
    {
        var kconfig = new List<(ExternSpec, int)>();
        foreach (var (name, declarations) in _externs)
        {
            // A declaration with a type says more than one without.
            var (input, spec) = declarations.FirstOrDefault(declaration => declaration.Spec.Kind == ExternKind.TypedKernelSymbol, declarations[0]);
            var merged = new ExternSpec
            {
                Name = name,
                Kind = spec.Kind,
                IsWeak = declarations.All(declaration => declaration.Spec.IsWeak),
                TypeId = TypeOf(input, spec.TypeId),
                Size = spec.Size,
            };
            _result.Externs.Add(name, merged);
            if (spec.Kind == ExternKind.Kconfig) kconfig.Add((merged, spec.TypeId == 0 || input.Spec.Btf is null ? 8 : KconfigLayout.AlignmentOf(input.Spec.Btf, spec.TypeId)));
        }
        if (kconfig.Count == 0) return;
        foreach (var value in KconfigLayout.Arrange(kconfig, _name, out _kconfigSize)) _result.Externs[value.Name] = value;
        _result.Maps.Add(KconfigLayout.SectionName, KconfigLayout.Map(_mapNames.Claim(KconfigLayout.SectionName), _kconfigSize, sectionTypeId: 0));
    }
}
