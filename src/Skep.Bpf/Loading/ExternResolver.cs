namespace Skep.Bpf;

/// <summary>Finds the kernel symbols that an object's programs refer to.</summary>
sealed class ExternResolver(ObjectSpec spec, KernelTypes kernel)
{
    /// <summary>Resolves externs by name. Kconfig values are not among them: they live in a map.</summary>
    /// <exception cref="BpfException">A strong extern does not exist in this kernel, or an address is hidden.</exception>
    public Dictionary<string, ResolvedExtern> Resolve(IEnumerable<string> names)
    {
        var resolved = new Dictionary<string, ResolvedExtern>();
        var untyped = new List<ExternSpec>();
        foreach (var name in names)
        {
            if (!spec.Externs.TryGetValue(name, out var symbol)) throw new BpfFormatException($"object {spec.Name}: extern '{name}' is used and not declared");
            switch (symbol.Kind)
            {
                case ExternKind.KernelSymbol:
                    untyped.Add(symbol);
                    break;
                case ExternKind.TypedKernelSymbol:
                    resolved[name] = Require(symbol, FindVariable(symbol));
                    break;
                case ExternKind.KernelFunction:
                    resolved[name] = Require(symbol, FindFunction(symbol));
                    break;
                case ExternKind.Undefined:
                    resolved[name] = Require(symbol, null);
                    break;
            }
        }
        if (untyped.Count > 0) ResolveAddresses(untyped, resolved);
        return resolved;
    }

    void ResolveAddresses(List<ExternSpec> symbols, Dictionary<string, ResolvedExtern> resolved)
    {
        Dictionary<string, ulong> addresses;
        try
        {
            addresses = KernelSymbols.Find([.. symbols.Select(s => s.Name)]);
        }
        catch (Exception error) when (error is BpfException or IOException or UnauthorizedAccessException)
        {
            throw new BpfException($"object {spec.Name}: {error.Message}", error);
        }
        foreach (var symbol in symbols)
        {
            resolved[symbol.Name] = Require(symbol, addresses.TryGetValue(symbol.Name, out var address) ? new ResolvedExtern(symbol, true, address) : null);
        }
    }

    ResolvedExtern? FindVariable(ExternSpec symbol)
    {
        if (!kernel.TryFind(symbol.Name, BtfKind.Variable, out var found)) return null;
        var local = TypeOf(symbol);
        var actual = found.Type.Btf.Resolve(found.Type.TypeId);
        // A forward declaration stands for any struct or union; otherwise the kinds must agree, or reads would go to other bytes than meant.
        if (local.Kind != BtfKind.Forward && local.Kind != actual.Kind && !(local.IsEnum && actual.IsEnum))
        {
            throw new BpfException($"object {spec.Name}: kernel variable '{symbol.Name}' is declared as {local.Kind} '{local.Name}', in this kernel it is {actual.Kind} '{actual.Name}'");
        }
        return new ResolvedExtern(symbol, true, TypeId: found.Type.Id, Descriptor: found.Descriptor);
    }

    ResolvedExtern? FindFunction(ExternSpec symbol)
    {
        // As for CO-RE types, what follows "___" only tells variants of a declaration apart.
        var flavour = symbol.Name.IndexOf("___", StringComparison.Ordinal);
        var name = flavour > 0 ? symbol.Name[..flavour] : symbol.Name;
        if (!kernel.TryFind(name, BtfKind.Function, out var found)) return null;
        if (flavour > 0 && !TakesSameArguments(TypeOf(symbol), found.Type)) return null;
        return new ResolvedExtern(symbol, true, TypeId: found.Type.Id, Descriptor: found.Descriptor);
    }

    static bool TakesSameArguments(BtfType left, BtfType function)
    {
        var right = function.Btf.Resolve(function.TypeId);
        if (left.Kind != BtfKind.FunctionPrototype || right.Kind != BtfKind.FunctionPrototype || left.Count != right.Count) return false;
        for (var i = 0; i < left.Count; i++)
        {
            if (left.Btf.Resolve(left.Parameter(i).TypeId).Kind != right.Btf.Resolve(right.Parameter(i).TypeId).Kind) return false;
        }
        return true;
    }

    BtfType TypeOf(ExternSpec symbol) =>
        spec.Btf?.Resolve(symbol.TypeId) ?? throw new BpfFormatException($"object {spec.Name}: extern '{symbol.Name}' has no type: compile the object with -g");

    ResolvedExtern Require(ExternSpec symbol, ResolvedExtern? found)
    {
        if (found is not null) return found;
        if (symbol.IsWeak) return new ResolvedExtern(symbol, false);
        var what = symbol.Kind switch
        {
            ExternKind.KernelFunction => "kernel function",
            ExternKind.TypedKernelSymbol => "kernel variable",
            ExternKind.KernelSymbol => "kernel symbol",
            _ => "symbol",
        };
        throw new BpfException($"object {spec.Name}: this kernel ({KernelVersion.Release}) has no {what} '{symbol.Name}'; declare it __weak and check it with bpf_ksym_exists if the program can do without");
    }
}
