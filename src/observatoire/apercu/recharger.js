// La page se recharge quand l'aperçu l'a refaite ; le navigateur se rebranche de lui-même si l'aperçu redémarre.
const nouvelles = new EventSource(`/_apercu/nouvelles?page=${encodeURIComponent(location.pathname)}`);
nouvelles.onmessage = () => location.reload();
