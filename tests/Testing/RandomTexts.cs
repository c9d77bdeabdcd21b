using System.Buffers.Text;
using System.Globalization;
using System.Numerics;

namespace ManagedOAuth.Testing;

/// <summary>Whether texts that have to be unguessable look so: a coarse check that finds a counter, a clock or a bias, and no proof of randomness.</summary>
public static class RandomTexts
{
    /// <summary>
    /// What is wrong with many of them: one comes twice, ones and zeros are not as many as each other, or later ones are greater. Null where nothing is.
    /// The bounds are six standard deviations and more, so that chance reaches them once in a hundred million runs.
    /// </summary>
    /// <param name="count">How many are made.</param>
    /// <param name="length">The length of the random end of each, base64url.</param>
    /// <param name="make">Makes one.</param>
    public static string? FaultOf(int count, int length, Func<string> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        var texts = Enumerable.Range(0, count).Select(_ => make()).ToList();
        if (texts.Distinct(StringComparer.Ordinal).Count() != count)
        {
            return "one comes twice";
        }

        var random = texts.ConvertAll(text => Base64Url.DecodeFromChars(text.AsSpan(text.Length - length)));
        var bits = 8.0 * random.Sum(bytes => bytes.Length);
        var ones = random.Sum(bytes => bytes.Sum(value => BitOperations.PopCount(value)));
        if (Math.Abs(ones - (bits / 2)) > 3 * Math.Sqrt(bits))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{ones} of {bits} bits are ones");
        }

        foreach (var place in new[] { 0, random[0].Length - 1 })
        {
            var greater = random.Zip(random.Skip(1)).Count(pair => pair.Second[place] > pair.First[place]);
            if (greater < 0.4 * count || greater > 0.6 * count)
            {
                return string.Create(CultureInfo.InvariantCulture, $"byte {place} is greater than before in {greater} of {count}");
            }
        }

        return null;
    }
}
