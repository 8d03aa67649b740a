namespace Skep.Agent.Events;

/// <summary>Prints alerts of rules, a line each.</summary>
sealed class AlertPrinter(OutputWriter output)
{
    byte[] _line = new byte[1024];

    public void Add(ReadOnlySpan<byte> alert)
    {
        if (_line.Length <= alert.Length) _line = new byte[alert.Length * 2];
        alert.CopyTo(_line);
        _line[alert.Length] = (byte)'\n';
        output.Add(_line.AsSpan(0, alert.Length + 1));
    }

    public void OnBatch() => output.OnBatch();
}
