using Skep.Bpf.Instructions;

namespace Skep.Bpf;

sealed partial class ObjectParser
{
    readonly List<ParsedFunction> _functions = [];
    readonly Dictionary<int, ParsedFunction[]> _functionsBySection = [];
    readonly List<(ParsedFunction Function, ElfSymbol Symbol)> _entries = [];
    readonly UniqueNames _functionNames = new();

    void CollectFunctions()
    {
        var bySection = new Dictionary<int, List<ElfSymbol>>();
        foreach (var symbol in _elf.Symbols)
        {
            if (symbol.Type != ElfSymbolType.Function || !symbol.IsDefined) continue;
            var section = _elf.SectionOf(symbol);
            if (_roles[section.Index] != SectionRole.Code) throw Error($"function '{symbol.Name}' lies in section {section.Name}, which holds no code");
            if (!bySection.TryGetValue(section.Index, out var list)) bySection.Add(section.Index, list = []);
            list.Add(symbol);
        }
        // Global names first, so that they keep their spelling when a static function of another file has the same one.
        foreach (var symbol in bySection.Values.SelectMany(list => list).Where(symbol => !symbol.IsLocal))
        {
            if (_functionNames.Contains(symbol.Name)) throw Error($"function '{symbol.Name}' is defined twice");
            _functionNames.Claim(symbol.Name);
        }
        foreach (var section in _elf.Sections)
        {
            if (_roles[section.Index] != SectionRole.Code || section.Size == 0) continue;
            if (section.Size % Instruction.Size != 0) throw Error($"section {section.Name}: {section.Size} bytes of code are not a multiple of {Instruction.Size}");
            if (!bySection.TryGetValue(section.Index, out var symbols)) throw Error($"section {section.Name} holds code and no function symbol");
            CollectFunctions(section, symbols);
        }
    }

    void CollectFunctions(ElfSection section, List<ElfSymbol> symbols)
    {
        symbols.Sort((left, right) => left.Value.CompareTo(right.Value));
        var content = _elf.Content(section).Span;
        var functions = new ParsedFunction[symbols.Count];
        for (var i = 0; i < functions.Length; i++)
        {
            var symbol = symbols[i];
            var next = i + 1;
            while (next < symbols.Count && symbols[next].Value == symbol.Value) next++;
            var limit = next < symbols.Count ? symbols[next].Value : (ulong)content.Length;
            // Hand-written assembly may leave the size out.
            var size = symbol.Size == 0 && limit > symbol.Value ? limit - symbol.Value : symbol.Size;
            if (symbol.Value % Instruction.Size != 0 || size % Instruction.Size != 0 || size == 0 || symbol.Value > (ulong)content.Length || size > (ulong)content.Length - symbol.Value)
            {
                throw Error($"function '{symbol.Name}' (0x{symbol.Value:x}, {size} bytes) does not fit section {section.Name} of {content.Length} bytes");
            }
            if (size > limit - symbol.Value) throw Error($"functions '{symbol.Name}' and '{symbols[next].Name}' overlap in section {section.Name}");
            var start = (int)symbol.Value / Instruction.Size;
            var isAlias = i > 0 && functions[i - 1].Start == start && functions[i - 1].End == start + (int)size / Instruction.Size;
            if (!isAlias && i > 0 && functions[i - 1].Start == start) throw Error($"functions '{symbols[i - 1].Name}' and '{symbol.Name}' overlap in section {section.Name}");
            var original = isAlias ? functions[i - 1].Original : null;
            var code = original?.Spec.Instructions ?? Decode(content.Slice((int)symbol.Value, (int)size), section);
            functions[i] = AddFunction(section, symbol, code, start, original);
        }
        _functionsBySection.Add(section.Index, functions);
    }

    ParsedFunction AddFunction(ElfSection section, ElfSymbol symbol, Instruction[] code, int start, ParsedFunction? original)
    {
        var spec = new FunctionSpec
        {
            Name = symbol.IsLocal ? _functionNames.Claim(symbol.Name) : symbol.Name,
            Section = section.Name,
            Instructions = code,
            Linkage = symbol.IsLocal ? Linkage.Static : Linkage.Global,
            IsWeak = symbol.IsWeak,
            IsHidden = symbol.IsHidden && !symbol.IsLocal,
        };
        var function = new ParsedFunction(spec, section.Index, start, original);
        _functions.Add(function);
        _spec.Functions.Add(spec.Name, spec);
        if (section.Name != ".text") _entries.Add((function, symbol));
        return function;
    }

    Instruction[] Decode(ReadOnlySpan<byte> bytes, ElfSection section)
    {
        var code = new Instruction[bytes.Length / Instruction.Size];
        for (var i = 0; i < code.Length; i++)
        {
            var slot = bytes[(i * Instruction.Size)..];
            // The register fields are bitfields: a big-endian compiler puts the destination into the high half.
            var registers = _elf.IsBigEndian ? (byte)(slot[1] << 4 | slot[1] >> 4) : slot[1];
            code[i] = new Instruction(slot[0], registers, (short)_elf.UInt16(slot[2..]), (int)_elf.UInt32(slot[4..]));
        }
        for (var i = 0; i < code.Length; i++)
        {
            if (code[i].IsWide && ++i == code.Length) throw Error($"section {section.Name}: a wide load is cut off at the end of a function");
        }
        return code;
    }

    /// <summary>The function that holds a slot of a section, or null.</summary>
    ParsedFunction? FunctionAt(int sectionIndex, long slot)
    {
        if (!_functionsBySection.TryGetValue(sectionIndex, out var functions)) return null;
        var (low, high) = (0, functions.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (slot < functions[middle].Start) high = middle - 1;
            else if (slot >= functions[middle].End) low = middle + 1;
            else
            {
                while (middle > 0 && functions[middle - 1].Start == functions[middle].Start) middle--;
                return functions[middle];
            }
        }
        return null;
    }

    void CollectPrograms()
    {
        foreach (var (function, symbol) in _entries)
        {
            var definition = SectionNames.Find(function.Spec.Section);
            if (symbol.IsLocal)
            {
                if (definition is not null) throw Error($"program '{symbol.Name}' in section {function.Spec.Section} is static; programs must be global functions");
                continue;
            }
            _spec.Programs.Add(function.Spec.Name, new ProgramSpec
            {
                Entry = function.Spec,
                SectionName = function.Spec.Section,
                Type = definition?.Type ?? ProgramType.Unspecified,
                AttachType = definition?.AttachType ?? default,
                AttachTarget = definition?.Target ?? "",
                Flags = definition?.Flags ?? ProgramFlags.None,
                AutoLoad = definition?.AutoLoad ?? !function.Spec.Section.StartsWith('?'),
            });
        }
    }
}
