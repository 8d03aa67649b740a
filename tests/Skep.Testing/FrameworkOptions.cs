using Xunit.Abstractions;

namespace Skep.Testing;

/// <summary>The option bag that xunit's discoverer and executor ask; absent means xunit's default.</summary>
sealed class FrameworkOptions : ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
{
    readonly Dictionary<string, object?> _values = [];

    public object? this[string name] { set => _values[name] = value; }

    public TValue GetValue<TValue>(string name) => _values.TryGetValue(name, out var value) && value is TValue typed ? typed : default!;

    public void SetValue<TValue>(string name, TValue value) => _values[name] = value;
}
