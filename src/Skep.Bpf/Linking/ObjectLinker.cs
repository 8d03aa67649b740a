namespace Skep.Bpf;

/// <summary>
/// Links several objects into one, as <c>bpftool gen object</c> does: parsed files and specs made by code alike. Global symbols are
/// resolved by name – a strong definition replaces weak ones, an extern takes what another object defines – and static ones keep apart,
/// under a new name where two clash. Data sections are joined, types merged. The inputs are not changed.
/// </summary>
/// <example><code>
/// var spec = new ObjectLinker("agent").Add(ObjectSpec.FromFile("sensor.bpf.o")).Add(generated).Link();
/// </code></example>
/// <param name="name">Name of the resulting object.</param>
public sealed class ObjectLinker(string name)
{
    readonly List<ObjectSpec> _inputs = [];

    /// <summary>Adds an object. The order decides which of several weak definitions is taken, and the order of data.</summary>
    public ObjectLinker Add(ObjectSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        _inputs.Add(spec);
        return this;
    }

    /// <summary>Links what was added.</summary>
    /// <exception cref="ObjectLinkException">The objects do not fit together.</exception>
    /// <exception cref="BpfFormatException">An object's types are malformed.</exception>
    public ObjectSpec Link()
    {
        if (_inputs.Count == 0) throw new ObjectLinkException($"link {name}: no objects");
        return new ObjectMerge(name, _inputs).Run();
    }
}
