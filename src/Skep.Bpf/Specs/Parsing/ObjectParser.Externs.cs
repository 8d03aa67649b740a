namespace Skep.Bpf;

sealed partial class ObjectParser
{
    void CollectExterns()
    {
        var undefined = _elf.Symbols.Where(symbol => symbol.IsUndefined && !symbol.IsLocal && symbol.Name.Length > 0).ToList();
        if (undefined.Count == 0) return;
        var declarations = ExternDeclarations();
        var kconfig = new List<(ExternSpec, int Alignment)>();
        foreach (var symbol in undefined)
        {
            if (_spec.Externs.ContainsKey(symbol.Name)) continue;
            if (!declarations.TryGetValue(symbol.Name, out var declaration))
            {
                _spec.Externs.Add(symbol.Name, new ExternSpec { Name = symbol.Name, Kind = ExternKind.Undefined, IsWeak = symbol.IsWeak });
                continue;
            }
            var (type, section) = declaration;
            if (section == KconfigLayout.SectionName && type.Kind == BtfKind.Variable)
            {
                var value = new ExternSpec
                {
                    Name = symbol.Name,
                    Kind = ExternKind.Kconfig,
                    IsWeak = symbol.IsWeak,
                    TypeId = type.TypeId,
                    Size = SizeOf(type.TypeId, $"extern '{symbol.Name}'"),
                };
                _spec.Externs.Add(symbol.Name, value);
                kconfig.Add((value, KconfigLayout.AlignmentOf(_btf!, type.TypeId)));
                continue;
            }
            _spec.Externs.Add(symbol.Name, new ExternSpec
            {
                Name = symbol.Name,
                Kind = section != ".ksyms" ? ExternKind.Undefined
                    : type.Kind == BtfKind.Function ? ExternKind.KernelFunction
                    : _btf!.Resolve(type.TypeId).Kind == BtfKind.Void ? ExternKind.KernelSymbol
                    : ExternKind.TypedKernelSymbol,
                IsWeak = symbol.IsWeak,
                TypeId = type.TypeId,
            });
        }
        if (kconfig.Count == 0) return;
        var values = KconfigLayout.Arrange(kconfig, _elf.Name, out var size);
        foreach (var value in values) _spec.Externs[value.Name] = value;
        var map = KconfigLayout.Map(_mapNames.Claim(KconfigLayout.SectionName), size, _dataSections[KconfigLayout.SectionName].Id);
        _spec.Maps.Add(map.Name, map);
    }

    /// <summary>Every extern that BTF declares, with the section that it is declared in.</summary>
    Dictionary<string, (BtfType Type, string Section)> ExternDeclarations()
    {
        var declarations = new Dictionary<string, (BtfType, string)>(StringComparer.Ordinal);
        if (_btf is null) return declarations;
        foreach (var (name, section) in _dataSections)
        {
            for (var i = 0; i < section.Count; i++)
            {
                var type = _btf[section.SectionVariable(i).TypeId];
                if (IsExtern(type)) declarations.TryAdd(NameOf(type), (type, name));
            }
        }
        for (var id = _btf.FirstId; id < _btf.Count; id++)
        {
            var type = _btf[id];
            if (IsExtern(type)) declarations.TryAdd(NameOf(type), (type, ""));
        }
        return declarations;
    }

    static bool IsExtern(BtfType type) => type.Kind is BtfKind.Variable or BtfKind.Function && type.Linkage == Linkage.Extern;
}
